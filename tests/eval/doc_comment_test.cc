#include "eval/doc_comment.h"

#include <gtest/gtest.h>

#include "extract/language.h"

namespace sg {
namespace {

// The comment of the definition that begins in `line`, as "begin-end: text"; empty if none.
std::string CommentOf(const char* language, const std::string& code, uint32_t line,
                      uint32_t end = 99) {
  const SourceText source = MakeSourceText(code, FindLanguage(language));
  const auto doc = FindDocComment(source, {.name = "f", .line_begin = line, .line_end = end});
  if (!doc) return "";
  return std::to_string(doc->lines.begin) + "-" + std::to_string(doc->lines.end) + ": " + doc->text;
}

TEST(DocComment, AboveTheDefinition) {
  EXPECT_EQ(CommentOf("cpp", "int x;\n// One.\n// Two.\nvoid f() {\n}\n", 4), "2-3: One.\nTwo.\n");
  EXPECT_EQ(CommentOf("rust", "/// One.\n#[inline]\nfn f() {\n}\n", 3), "1-1: One.\n");
  EXPECT_EQ(CommentOf("java", "/**\n * One.\n * @param x\n */\n@Override\nvoid f() {\n}\n", 6),
            "1-4: \nOne.\n@param x\n\n");
  EXPECT_EQ(CommentOf("ruby", "# One.\ndef f\nend\n", 2), "1-1: One.\n");
  EXPECT_EQ(CommentOf("lua", "--- One.\nfunction f()\nend\n", 2), "1-1: One.\n");
}

TEST(DocComment, BelowTheHeadInPython) {
  EXPECT_EQ(CommentOf("python",
                      "def f(a,\n      b):\n    \"\"\"One.\n\n    Two.\n    \"\"\"\n    x\n", 1),
            "3-6: One.\n\nTwo.\n\n");
  EXPECT_EQ(CommentOf("python", "def f():\n    '''One.'''\n    x\n", 1), "2-2: One.\n");
  // Code on the line of the closing quotes would be hidden with the comment.
  EXPECT_EQ(CommentOf("python", "def f():\n    '''One.'''; x = 1\n", 1), "");
  EXPECT_EQ(CommentOf("python", "def f():\n    \"\"\"never closed\n", 1), "");
}

TEST(DocComment, DocAttributeOfElixir) {
  EXPECT_EQ(CommentOf("elixir",
                      "@doc \"\"\"\nOne.\n\nTwo.\n\"\"\"\n@spec f() :: nil\ndef f do\nend\n", 7),
            "1-5: One.\n\nTwo.\n");
  EXPECT_EQ(CommentOf("elixir", "x = \"\"\"\nOne.\n\"\"\"\ndef f do\nend\n", 4), "");
}

// The first sentence of a comment of which only the end was read stood in its middle, and the rest
// stayed in the index.
TEST(DocComment, LongCommentsAreReadToTheirBeginning) {
  std::string code = "/// One.\n";
  for (int i = 0; i < 200; ++i) code += "/// more\n";
  EXPECT_TRUE(CommentOf("rust", code + "fn f() {\n}\n", 202, 203).starts_with("1-201: One.\n"));
  std::string endless;
  for (int i = 0; i < 5000; ++i) endless += "// more\n";
  EXPECT_EQ(CommentOf("rust", endless + "fn f() {\n}\n", 5001, 5002), "");
}

TEST(DocComment, WhatIsNoComment) {
  EXPECT_EQ(CommentOf("c", "#include <a.h>\nvoid f() {\n}\n", 2), "");
  EXPECT_EQ(CommentOf("cpp", "void f() {\n}\n", 1), "");
  EXPECT_EQ(CommentOf("cpp", "// far\n\nvoid f() {\n}\n", 3), "");
  EXPECT_EQ(CommentOf("cpp", "int x; /* a\n b */\nvoid f() {\n}\n", 3), "");
  EXPECT_EQ(CommentOf("cpp", "void f() {\n}\n", 7), "");  // beyond the end
}

TEST(QueryFromDoc, FirstSentence) {
  EXPECT_EQ(QueryFromDoc("Splits a path at v1.2 into words. Then more.", "f"),
            "Splits a path at v1.2 into words");
  EXPECT_EQ(QueryFromDoc("Rejects tokens that\nhave expired\n\nMore.", "f"),
            "Rejects tokens that have expired");
  EXPECT_EQ(QueryFromDoc("Rejects {@code tokens} <b>that</b> expired\n@param x y", "f"),
            "Rejects tokens that expired");
  EXPECT_EQ(QueryFromDoc("Cuts long words, e.g. of German, i.e. nouns. More.", "f"),
            "Cuts long words, e.g. of German, i.e. nouns");
  EXPECT_EQ(QueryFromDoc("<summary>\nWrites a <see cref=\"T:System.Uri\"/> or "
                         "<see langword=\"null\" /> to <paramref name=\"to\"/>.\n</summary>",
                         "f"),
            "Writes a System.Uri or null to to");
}

TEST(QueryFromDoc, WithoutMarkUpAndNames) {
  EXPECT_EQ(QueryFromDoc("GetThing returns all the names and aliases.", "GetThing"),
            "returns all the names and aliases");
  EXPECT_EQ(QueryFromDoc("@brief Parses the vector of arguments.", "f"),
            "Parses the vector of arguments");
  EXPECT_EQ(QueryFromDoc("A standard :class:`~logging.Logger` for the app", "f"),
            "A standard ~logging.Logger for the app");
  EXPECT_EQ(QueryFromDoc("Ratio is a:b, so not: `one` of these", "f"),
            "Ratio is a:b, so not: one of these");
}

TEST(QueryFromDoc, WithoutTheMarkOfHaddock) {
  EXPECT_EQ(QueryFromDoc("| Decodes a value from strict bytes.", "f"),
            "Decodes a value from strict bytes");
}

TEST(QueryFromDoc, WhatSaysTooLittle) {
  EXPECT_EQ(QueryFromDoc("Too short.", "f"), "");
  EXPECT_EQ(QueryFromDoc("Gets the user name by its id", "GetUserNameById"), "");
  EXPECT_EQ(QueryFromDoc("Copyright 2024 by the authors of this program", "f"), "");
  EXPECT_EQ(QueryFromDoc("--- Section about many different things ---", "f"), "");
  EXPECT_EQ(QueryFromDoc("", "f"), "");
}

TEST(QueryFromDoc, WhatIsNoProse) {
  for (const char* doc :
       {"@param window number of the window handler", "https://example.org/a/b#L5 was the source",
        "Taken from http://example.org/a/long/way", "- check if the endpoint is bulk IN",
        ".layer(map_response(set_header)); let router = app", "args: name, version, folder, mode",
        "Example: val sum = make(list) of all things", "map/struct(var, [:foo, :bar, :baz])",
        "See AsyncResponseCodable of Foundation", "hub pull [-f] [-m MESSAGE] [-b BASE] [-h HEAD]",
        "#[inline] would make this function slower"}) {
    EXPECT_EQ(QueryFromDoc(doc, "f"), "") << doc;
  }
  EXPECT_EQ(QueryFromDoc("Maps a Vec<T> to the sum of its items\n{{{\nscala> f\n}}}", "f"),
            "Maps a Vec<T> to the sum of its items");
  EXPECT_EQ(QueryFromDoc("Closes the `stream` if a < b and c > d\n- or not", "f"),
            "Closes the stream if a < b and c > d");
}

TEST(QueryFromDoc, TheAnswerIsNotNamed) {
  EXPECT_EQ(QueryFromDoc("struct cstate_data - A package that describes a state", "cstate_data"),
            "A package that describes a state");
  EXPECT_EQ(QueryFromDoc("find_parent(): climbs the folders up to the root", "ns::find_parent"),
            "climbs the folders up to the root");
  EXPECT_EQ(QueryFromDoc("The helper find_parent climbs the folders", "find_parent"), "");
  EXPECT_EQ(QueryFromDoc("The helper find_parents climbs the folders", "find_parent"),
            "The helper find_parents climbs the folders");
  EXPECT_EQ(QueryFromDoc("A cookie that the browser sends back", "cookie"),
            "A cookie that the browser sends back");  // a word like others
}

TEST(QueryFromDoc, HostileLinesTakeNoTime) {
  EXPECT_EQ(QueryFromDoc(std::string(4'000'000, ':'), "f"), "");
  EXPECT_EQ(QueryFromDoc(std::string(4'000'000, '<'), "f"), "");
}

TEST(QueryFromDoc, LongSentencesEndAtAWord) {
  std::string doc;
  for (int i = 0; i < 100; ++i) doc += "alpha beta ";
  const std::string query = QueryFromDoc(doc, "f");
  EXPECT_LE(query.size(), 200U);
  EXPECT_TRUE(query.ends_with("alpha") || query.ends_with("beta")) << query;
}

}  // namespace
}  // namespace sg
