#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "index/query/parser.h"
#include "index/query/places.h"

namespace sg {
namespace {

using Strings = std::vector<std::string>;

bool Contains(const Strings& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

Strings Names(const Query& query) {
  Strings names;
  for (const QueryName& name : query.names) names.push_back(name.joined + (name.dotted ? "*" : ""));
  return names;
}

TEST(QueryParser, KindByForm) {
  struct Row {
    const char* text;
    QueryKind kind;
  };
  const Row rows[] = {
      {"how are requests retried", QueryKind::kProse},
      {"parseHeaders", QueryKind::kSymbol},
      {"Router::match", QueryKind::kSymbol},
      {"where is \"connection reset\" raised", QueryKind::kPhrase},
      {"証券 金融持株会社", QueryKind::kCjk},
      {"半導体 SoC 車載", QueryKind::kCjk},
      {"", QueryKind::kProse},
      {"???", QueryKind::kProse},
      {"one unclosed \" quote", QueryKind::kProse},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(QueryKindName(ParseQuery(row.text).kind), QueryKindName(row.kind)) << row.text;
  }
}

TEST(QueryParser, TermsJoinNeighboursAndKeepStopWords) {
  const Query query = ParseQuery("the connection pool");
  EXPECT_EQ(query.terms, (Strings{"the", "=the", "=theconnection", "connect", "=connection",
                                  "=connectionpool", "pool", "=pool"}));
  EXPECT_EQ(query.stems, (Strings{"connect", "pool"}));
}

TEST(QueryParser, TermsOfTwoSpellingsOfOneNameShareTheWhole) {
  EXPECT_TRUE(Contains(ParseQuery("get_user_id").terms, "=getuserid"));
  EXPECT_TRUE(Contains(ParseQuery("getUserId").terms, "=getuserid"));
}

TEST(QueryParser, NamesAreWhatLooksLikeCode) {
  struct Row {
    const char* text;
    Strings names;
  };
  const Row rows[] = {
      {"how does BaseModel validate", {"basemodel"}},
      {"How are Routers merged", {"routers"}},  // a capital inside the sentence
      {"Middleware order", {}},                 // the first word may be capitalised
      {"read config_file at start", {"configfile"}},
      {"router", {"router"}},  // one word is always a name
      {"Session.send retries", {"send*"}},
      {"what calls pool::Acquire()", {"acquire*"}},
      {"plain words only", {}},
  };
  for (const Row& row : rows) EXPECT_EQ(Names(ParseQuery(row.text)), row.names) << row.text;
}

TEST(QueryParser, PhrasesCollapseSpaces) {
  const Query query = ParseQuery("find \"end  of\tfile\" and “smart quotes” \"\"");
  EXPECT_EQ(query.phrases, (Strings{"end of file", "smart quotes"}));
}

TEST(QueryParser, HostileBytesAreBounded) {
  EXPECT_TRUE(ParseQuery(std::string("\xff\xfe\x80\x00\xc3", 5)).empty());
  EXPECT_EQ(ParseQuery(std::string("a\0b", 3)).identifiers, (Strings{"a", "b"}));
  std::string long_text;
  for (int i = 0; i < 100'000; ++i) long_text += "word" + std::to_string(i) + " ";
  const Query query = ParseQuery(long_text);
  EXPECT_LE(query.text.size(), kMaxQueryBytes);
  EXPECT_LE(query.terms.size(), kMaxQueryTerms);
  // A character at the limit is dropped whole.
  const Query cut = ParseQuery(std::string(kMaxQueryBytes - 1, 'a') + "\u00e9");
  EXPECT_EQ(cut.text.size(), kMaxQueryBytes - 1);
}

TEST(QueryParser, QueryFromTextAsksForNothingByName) {
  const Query query = QueryFromText("def parse_line(self): return \"x y\"");
  EXPECT_TRUE(query.names.empty());
  EXPECT_TRUE(query.phrases.empty());
  EXPECT_TRUE(Contains(query.stems, "pars"));
  EXPECT_EQ(query.kind, QueryKind::kLike);
}

TEST(Places, LinesOfTracesAndCompilers) {
  struct Row {
    const char* text;
    const char* path;
    uint32_t line;
  };
  const Row rows[] = {
      {"  File \"/srv/app/views.py\", line 12, in show", "/srv/app/views.py", 12},
      {"\tat com.example.web.Router$Inner.match(Router.java:42)", "com/example/web/Router.java",
       42},
      {"at java.base/java.util.ArrayList.get(ArrayList.java:427)", "java/util/ArrayList.java", 427},
      {"at app.Main.main(Main.kt:7)", "app/Main.kt", 7},
      {"    at Layer.handle [as handle_request] (/app/lib/router/layer.js:95:5)",
       "/app/lib/router/layer.js", 95},
      {"    at /app/index.js:10:15", "/app/index.js", 10},
      {"handle@http://localhost:8080/static/app.js:3:9", "8080/static/app.js", 3},
      {"\t/home/me/go/src/x/main.go:42 +0x1d", "/home/me/go/src/x/main.go", 42},
      {"#3  0x00007f in uv_run (loop=0x1) at src/unix/core.c:415", "src/unix/core.c", 415},
      {"src/main.cc:12:5: error: expected ';'", "src/main.cc", 12},
      {"  --> src/lib.rs:8:13", "src/lib.rs", 8},
      {"             at ./src/main.rs:4:5", "src/main.rs", 4},
      {"lib/app.rb:23:in `call'", "lib/app.rb", 23},
      {"PHP Fatal error: x in /var/www/a.php on line 31", "/var/www/a.php", 31},
      {"#0 /var/www/b.php(17): run()", "/var/www/b.php", 17},
      {"   at N.C.M() in C:\\src\\N\\C.cs:line 99", "/src/N/C.cs", 99},
      {"C:\\src\\a.cpp(12): error C2065", "/src/a.cpp", 12},
      {"build/Makefile:3: *** missing separator", "build/Makefile", 3},
      {"parser.cc:77", "parser.cc", 77},
  };
  for (const Row& row : rows) {
    const std::vector<QueryPlace> places = FindPlaces(row.text);
    ASSERT_EQ(places.size(), 1u) << row.text;
    EXPECT_EQ(places[0].path, row.path) << row.text;
    EXPECT_EQ(places[0].line, row.line) << row.text;
  }
}

TEST(Places, ProseNamesNone) {
  for (const char* text : {"how are requests retried", "what is 3:45", "ratio 16:9 of images",
                           "retry(3) times", "std::vector", "Session.send", ".hidden",
                           "operator (.:) of parsers", "Foo", "https://example.org/a b", ""}) {
    EXPECT_TRUE(FindPlaces(text).empty()) << text;
  }
}

TEST(Places, WholeQueryMayBeAPath) {
  for (const char* text : {"src/router.js", " router.js ", "lib/router", ".\\lib\\router.js"}) {
    const std::vector<QueryPlace> places = FindPlaces(text);
    ASSERT_EQ(places.size(), 1u) << text;
    EXPECT_EQ(places[0].line, 0u);
  }
}

TEST(Places, PythonPrintsTheInnermostFrameLast) {
  const std::vector<QueryPlace> places = FindPlaces(
      "Traceback (most recent call last):\n"
      "  File \"a.py\", line 1, in <module>\n    f()\n"
      "  File \"b.py\", line 2, in f\n    raise X\nX\n");
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].path, "b.py");
  EXPECT_EQ(places[1].path, "a.py");
}

TEST(Places, NamesFileByEitherEnd) {
  EXPECT_TRUE(PlaceNamesFile({.path = "/home/x/proj/src/a.cc"}, "src/a.cc"));
  EXPECT_TRUE(PlaceNamesFile({.path = "a.cc"}, "src/a.cc"));
  EXPECT_TRUE(PlaceNamesFile({.path = "../src/a.cc"}, "src/a.cc"));
  EXPECT_TRUE(PlaceNamesFile({.path = "lib/router"}, "app/lib/router.js"));
  EXPECT_FALSE(PlaceNamesFile({.path = "router"}, "app/lib/router.js"));
  EXPECT_FALSE(PlaceNamesFile({.path = "other/a.cc"}, "src/a.cc"));
  EXPECT_FALSE(PlaceNamesFile({.path = "ba.cc"}, "src/a.cc"));
  EXPECT_FALSE(PlaceNamesFile({.path = "/"}, "src/a.cc"));
  EXPECT_GT(PlaceAgreement({.path = "/h/b/util.py"}, "b/util.py"),
            PlaceAgreement({.path = "/h/b/util.py"}, "util.py"));
}

TEST(Places, ManyFramesAreBounded) {
  std::string trace;
  for (int i = 0; i < 1000; ++i) trace += "at f (src/x.js:" + std::to_string(i) + ":1)\n";
  EXPECT_LE(FindPlaces(trace).size(), kMaxQueryPlaces);
}

}  // namespace
}  // namespace sg
