#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <string>
#include <vector>

#include "core/text/words.h"
#include "index/query/parser.h"
#include "index/rank/chunk_choice.h"
#include "index/rank/confidence.h"
#include "index/rank/features.h"
#include "index/rank/path_class.h"
#include "index/rank/score.h"

namespace sg {
namespace {

// A table small enough to reason about: "request" and "response" are akin, all others orthogonal.
class TinyModel final : public StaticModel {
 public:
  TinyModel() { space_.dim = 8; }
  const Space& space() const override { return space_; }
  void AddBag(std::string_view text, float weight, std::span<float> sum) const override {
    for (const std::string& word : SplitWords(text)) {
      if (word == "request")
        sum[0] += weight;
      else if (word == "response")
        sum[0] += 0.8f * weight, sum[1] += 0.6f * weight;
      else if (word == "parser")
        sum[2] += weight;
      else if (word == "router")
        sum[3] += weight;
    }
  }

 private:
  Space space_;
};

QueryProfile Profile(const Query& query, const TinyModel& model) {
  // Every stem is in 10 of 1,000 chunks.
  return QueryProfile(query, std::vector<uint64_t>(query.stems.size(), 10),
                      {.files = 100, .chunks = 1000}, model);
}

Definition Def(const char* name, DefinitionKind kind, uint32_t rows = 10) {
  return {.name = name, .kind = kind, .line_begin = 1, .line_end = rows};
}

double ValueOf(const FeatureValues& values, Feature f) { return values[static_cast<size_t>(f)]; }

FeatureValues Compute(const char* query_text, const char* path,
                      const std::vector<Definition>& definitions = {}) {
  static const TinyModel model;
  const Query query = ParseQuery(query_text);
  QueryProfile profile = Profile(query, model);
  FileFacts facts{.path = path, .mention_count = 9};
  for (const Definition& d : definitions) {
    facts.definitions.push_back(MatchDefinition(profile, d));
  }
  return ComputeFeatures(profile, facts, {.keyword = 0.5});
}

TEST(PathClass, Table) {
  struct Row {
    const char* path;
    const char* classes;  // t e v c i d
  };
  const Row rows[] = {
      {"src/router.js", ""},      {"tests/router.py", "t"}, {"src/router_test.go", "t"},
      {"a/FooTest.java", "t"},    {"a/FooTests.cs", "t"},   {"spec/app_spec.rb", "t"},
      {"src/foo.spec.ts", "t"},   {"test_x.py", "t"},       {"src/latest.py", ""},
      {"src/inspect.rb", ""},     {"src/contest/a.c", ""},  {"x/testdata/a.json", "t"},
      {"docs/a.md", "e"},         {"examples/x.rs", "e"},   {"vendor/x/y.go", "v"},
      {"app/jquery.min.js", "v"}, {"p/x_pb2.py", "v"},      {"src/legacy/a.py", "c"},
      {"src/compat.h", "c"},      {"src/old.c", "c"},       {"src/x_old.c", "c"},
      {"src/holder.c", ""},       {"src/threshold.py", ""}, {"pkg/__init__.py", "i"},
      {"types/a.d.ts", "d"},      {"pkg/v1/a.py", ""},      {"a/package-info.java", "i"},
      {"Tests/A.swift", "t"},     {"test/x.bats", "t"},
  };
  for (const Row& row : rows) {
    const PathClass c = ClassifyPath(row.path);
    std::string classes;
    if (c.test) classes += 't';
    if (c.example) classes += 'e';
    if (c.vendored) classes += 'v';
    if (c.compat) classes += 'c';
    if (c.init) classes += 'i';
    if (c.type_declarations) classes += 'd';
    EXPECT_EQ(classes, row.classes) << row.path;
  }
}

// The tests run on Linux, as this table says.
TEST(PathClass, OtherPlatform) {
  struct Row {
    const char* path;
    bool other;
  };
  const Row rows[] = {
      {"src/win/tcp.c", true},          {"src/unix/tcp.c", false},     {"poll_windows.go", true},
      {"poll_linux.go", false},         {"src/unix/darwin.c", true},   {"win/linux.c", false},
      {"os/plan9/file.go", true},       {"src/Win32/A.cs", true},      {"src/window.rs", false},
      {"ui/windowing/frame.ts", false}, {"src/winner.py", false},      {"Darwin", true},
      {"src/android/a.kt", false},      {"ios/View.swift", false},     {"", false},
      {"src/kqueue_freebsd.c", true},   {"include/posix-io.h", false}, {"///", false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ClassifyPath(row.path).other_platform, row.other) << row.path;
  }
}

// The folders and marks of the recipe, as expressions: the tables must not drift from them.
TEST(PathClass, AgreesWithTheExpressions) {
  const auto flags = std::regex::icase | std::regex::ECMAScript;
  const std::regex vendored(
      R"((^|/)(vendor(ed)?|third_?party|external|extern|deps|node_modules|dist|generated|gen|_vendor)(/|$)|\.min\.|_pb2?\.|\.pb\.|\.g\.)",
      flags);
  const std::regex example(
      R"((^|/)(_?examples?|docs?|docs?_src|samples?|demos?|tutorials?|website)(/|$))", flags);
  const std::regex compat(R"(compat|legacy|deprecat|(^|/|_)old(_|/|\.|$))", flags);
  const char* words[] = {"vendor", "Vendored", "third_party", "deps",     "gen",      "genx",
                         "docs",   "doc_src",  "sample",      "a.min.js", "old",      "x_old",
                         "olds",   "compat2",  "src",         "a.g.dart", "x_pb2.py", "demo",
                         "Legacy", "folder",   "website"};
  for (const char* a : words) {
    for (const char* b : words) {
      const std::string path = std::string(a) + "/" + b;
      const PathClass c = ClassifyPath(path);
      EXPECT_EQ(c.vendored, std::regex_search(path, vendored)) << path;
      EXPECT_EQ(c.example, std::regex_search(path, example)) << path;
      EXPECT_EQ(c.compat, std::regex_search(path, compat)) << path;
    }
  }
}

TEST(PathWords, GenericStemsTakeTheirFolder) {
  EXPECT_EQ(WordsOfPath("src/router/index.js").effective_stem, "router");
  EXPECT_EQ(WordsOfPath("src/router/layer.js").effective_stem, "layer");
  EXPECT_EQ(WordsOfPath("index.js").effective_stem, "index");
  EXPECT_EQ(WordsOfPath("a/b/x.test.ts").stem, "x.test");
  EXPECT_EQ(WordsOfPath("a/.bashrc").stem, ".bashrc");
  EXPECT_EQ(WordsOfPath("a/b/c.py").last_folder, "b");
}

TEST(VersionFolder, Found) {
  EXPECT_EQ(FindVersionFolder("pydantic/v1/main.py").number, 1);
  EXPECT_EQ(FindVersionFolder("pydantic/v1/main.py").parent, "pydantic/");
  EXPECT_EQ(FindVersionFolder("v2/main.go").folder, "v2/");
  EXPECT_EQ(FindVersionFolder("src/v8engine/a.cc").number, -1);
  EXPECT_EQ(FindVersionFolder("src/v1.py").number, -1);
  EXPECT_EQ(FindVersionFolder("v99999999999999/a").number, -1);
}

TEST(LastNamePart, Table) {
  EXPECT_EQ(LastNamePart("ns::Foo"), "Foo");
  EXPECT_EQ(LastNamePart("Foo<Bar::Baz>"), "Foo");
  EXPECT_EQ(LastNamePart("Picker:find"), "find");
  EXPECT_EQ(LastNamePart("a.b.c"), "c");
  EXPECT_EQ(LastNamePart("plain"), "plain");
  EXPECT_EQ(LastNamePart(""), "");
}

TEST(Features, CodeForAnotherPlatformUnlessItIsAskedFor) {
  const auto value = [](const char* query, const char* path) {
    return ValueOf(Compute(query, path), Feature::kPlatform);
  };
  EXPECT_EQ(value("accept tcp connections", "src/win/tcp.c"), 1);
  EXPECT_EQ(value("accept tcp connections", "src/unix/tcp.c"), 0);
  EXPECT_EQ(value("accept tcp connections on windows", "src/win/tcp.c"), 0);
  EXPECT_EQ(value("how Win32 handles are closed", "src/win/tcp.c"), 0);
  EXPECT_EQ(value("darwin file events", "src/win/fs.c"), 0);
}

TEST(Features, WordsOfThePath) {
  const FeatureValues values = Compute("how requests are parsed", "src/request/parser.py");
  // "requests" is prefixed by nothing of {parser}; "parsed" shares "parse" with it: .6 of 2 words.
  EXPECT_NEAR(ValueOf(values, Feature::kStemPrefix), 0.3, 1e-9);
  // The folder holds one of two equally rare stems.
  EXPECT_NEAR(ValueOf(values, Feature::kFolderRecall), 0.5, 1e-6);
  EXPECT_EQ(ValueOf(values, Feature::kDepth), 2);
  EXPECT_EQ(ValueOf(values, Feature::kMentions), kMostMentions);  // ln 10 / ln 101 is more
  EXPECT_EQ(ValueOf(values, Feature::kKeyword), 0.5);
}

TEST(Features, SoftMatchSeesKinship) {
  const FeatureValues values = Compute("request router", "src/response.py");
  EXPECT_NEAR(ValueOf(values, Feature::kStemSoftRecall), 0.4, 1e-5);  // half of .8
  EXPECT_NEAR(ValueOf(values, Feature::kStemSoftPrecision), 0.8, 1e-5);
}

TEST(Features, DefinitionsByNameAndKind) {
  struct Row {
    const char* query;
    Definition definition;
    double any, function;
  };
  const Row rows[] = {
      {"parse_header", Def("parseHeader", DefinitionKind::kFunction), 1, 1},
      {"parse_header", Def("ParseHeader", DefinitionKind::kClass), 1, 0},
      {"parse_header", Def("PARSE_HEADER", DefinitionKind::kVariable), 1, 0},
      {"parse_header", Def("parse_header", DefinitionKind::kNamespace), 0, 0},
      {"how Router.match works", Def("match", DefinitionKind::kFunction), 1, 1},
      {"how to match words", Def("match", DefinitionKind::kFunction), 0, 0},
      {"Handler", Def("ns::Handler<T>", DefinitionKind::kClass), 1, 0},
  };
  for (const Row& row : rows) {
    const FeatureValues values = Compute(row.query, "a.py", {row.definition});
    EXPECT_EQ(ValueOf(values, Feature::kDefines), row.any) << row.query;
    EXPECT_EQ(ValueOf(values, Feature::kDefinesFunction), row.function) << row.query;
  }
  // A class of the same name in the file outweighs the function.
  const FeatureValues both =
      Compute("Handler", "a.py",
              {Def("handler", DefinitionKind::kFunction), Def("Handler", DefinitionKind::kClass)});
  EXPECT_EQ(ValueOf(both, Feature::kDefinesFunction), 0);
}

TEST(Features, FieldsAndDeclarationsAreHalfAnAnswer) {
  Definition field = Def("retry_limit", DefinitionKind::kVariable);
  EXPECT_EQ(ValueOf(Compute("retry_limit", "a.py", {field}), Feature::kDefines), 1);
  field.scope = "Options";
  const Definition declaration = Def("retry_limit", DefinitionKind::kDeclaration);
  for (const Definition& half : {field, declaration}) {
    const FeatureValues values = Compute("retry_limit", "a.py", {half});
    EXPECT_EQ(ValueOf(values, Feature::kDefines), 0.5);
    EXPECT_NEAR(ValueOf(values, Feature::kBestDefinition), 0.5, 1e-6);
    const FeatureValues both =
        Compute("retry_limit", "a.py", {half, Def("retry_limit", DefinitionKind::kFunction)});
    EXPECT_EQ(ValueOf(both, Feature::kDefines), 1);
  }
}

TEST(Features, BestDefinitionWeighsRecallByPrecision) {
  const FeatureValues exact =
      Compute("merge router paths", "a.py", {Def("merge_router", DefinitionKind::kFunction)});
  EXPECT_NEAR(ValueOf(exact, Feature::kBestDefinition), 2.0 / 3, 1e-6);
  const FeatureValues loose = Compute("merge router paths", "a.py",
                                      {Def("merge_router_in_place", DefinitionKind::kFunction)});
  EXPECT_NEAR(ValueOf(loose, Feature::kBestDefinition), 2.0 / 3 * (0.3 + 0.35), 1e-6);
}

TEST(Features, EmptyQueryIsFinite) {
  for (const char* text : {"", "the of a", "\"", "____", "x"}) {
    for (double v : Compute(text, "a/b.py", {Def("f", DefinitionKind::kFunction)})) {
      EXPECT_TRUE(std::isfinite(v)) << text;
    }
  }
}

TEST(Score, ExplanationAddsUp) {
  const FeatureValues values =
      Compute("request router", "tests/v/request.py", {Def("Router", DefinitionKind::kClass)});
  for (bool one_word : {false, true}) {
    const Explanation tree = ExplainFeatures(values, one_word);
    double sum = 0;
    for (const Explanation& part : tree.parts) sum += part.value;
    EXPECT_NEAR(sum, tree.value, 1e-9);
    EXPECT_EQ(tree.value, ScoreFeatures(values, one_word));
    EXPECT_GE(tree.parts.size(), 5u);
  }
}

TEST(Score, WeightsAreInTheOrderOfTheEnum) {
  for (size_t i = 0; i < kFeatureCount; ++i) {
    EXPECT_EQ(static_cast<size_t>(kFeatureWeights[i].feature), i) << kFeatureWeights[i].name;
  }
}

TEST(Confidence, EveryEvidenceRaisesTheTopicsProbability) {
  const double nothing = TopicProbability({});
  EXPECT_LT(nothing, kLeastTopicProbability);
  EXPECT_GT(TopicProbability({.similarity = 0.3}), nothing);
  EXPECT_GT(TopicProbability({.coverage = 0.3}), nothing);
  EXPECT_GT(TopicProbability({.defines_name = true}), nothing);
  EXPECT_GT(TopicProbability({.similarity = 0.6, .coverage = 0.5}), 0.98);
}

TEST(Confidence, SharesAreASoftmax) {
  EXPECT_TRUE(ScoreShares({}).empty());
  const std::vector<double> scores = {1000 + std::log(3.0), 1000, -1000};
  const std::vector<double> shares = ScoreShares(scores);
  ASSERT_EQ(shares.size(), 3u);
  EXPECT_NEAR(shares[0], 0.75, 1e-9);
  EXPECT_NEAR(shares[1], 0.25, 1e-9);
  EXPECT_NEAR(shares[2], 0, 1e-9);
}

TEST(Confidence, CoverageCountsEachTopicWordOnce) {
  const TinyModel model;
  const Query query = ParseQuery("parser of requests");
  QueryProfile profile(query, {5, 5}, {.files = 10, .chunks = 100}, model);
  EXPECT_EQ(TopicCoverage(profile, "nothing of it"), 0);
  EXPECT_NEAR(TopicCoverage(profile, "Parser parser parsers"), 0.5, 1e-5);
  EXPECT_NEAR(TopicCoverage(profile, "parse_request(parser)"), 1, 1e-5);
}

TEST(ChunkBonus, ClassBeforeFunctionBeforeVariable) {
  const TinyModel model;
  const Query query = ParseQuery("Handler");
  QueryProfile profile = Profile(query, model);
  const auto bonus = [&](const Definition& d) {
    return DefinitionBonus(MatchDefinition(profile, d));
  };
  const double of_class = bonus(Def("Handler", DefinitionKind::kClass));
  const double of_function = bonus(Def("handler", DefinitionKind::kFunction));
  const double of_variable = bonus(Def("HANDLER", DefinitionKind::kVariable));
  EXPECT_NEAR(of_class, 2.51, 1e-9);
  EXPECT_NEAR(of_function, 2.01, 1e-9);
  EXPECT_NEAR(of_variable, 1.01, 1e-9);
  EXPECT_EQ(bonus(Def("other", DefinitionKind::kClass)), 0);
  // A longer definition wins, up to 500 rows.
  EXPECT_NEAR(bonus(Def("Handler", DefinitionKind::kClass, 9000)), 3.0, 1e-9);
}

// Features of a chunk with these definitions, for a query.
ChunkFeatureValues ChunkOf(const std::string& text, const Chunk& chunk) {
  const TinyModel model;
  const Query query = ParseQuery(text);
  QueryProfile profile = Profile(query, model);
  std::vector<MatchedDefinition> matched;
  for (const Definition& d : chunk.definitions) matched.push_back(MatchDefinition(profile, d));
  return ComputeChunkFeatures(profile, chunk, matched, {.semantic = 0.25, .feedback = 0.5});
}

double ValueOf(const ChunkFeatureValues& values, ChunkFeature feature) {
  return values[static_cast<size_t>(feature)];
}

TEST(ChunkChoice, FeaturesOfDefinitions) {
  Chunk chunk{.line_begin = 1, .line_end = 20, .scope = "Router"};
  chunk.definitions = {Def("merge_paths", DefinitionKind::kFunction),
                       Def("limit", DefinitionKind::kVariable)};
  const ChunkFeatureValues values = ChunkOf("merge router paths", chunk);
  EXPECT_EQ(ValueOf(values, ChunkFeature::kSemantic), 0.25);
  EXPECT_EQ(ValueOf(values, ChunkFeature::kFeedback), 0.5);
  EXPECT_NEAR(ValueOf(values, ChunkFeature::kBestName), 2.0 / 3, 1e-5);
  EXPECT_NEAR(ValueOf(values, ChunkFeature::kNames), 1, 1e-5);
  EXPECT_EQ(ValueOf(values, ChunkFeature::kDefines), 1);
  EXPECT_NEAR(ValueOf(values, ChunkFeature::kDefinitions), std::log(2.0), 1e-9);
  EXPECT_EQ(ValueOf(values, ChunkFeature::kTestScope), 0);
  chunk.scope = "tests.Router";
  EXPECT_EQ(ValueOf(ChunkOf("merge router paths", chunk), ChunkFeature::kTestScope), 1);
  EXPECT_EQ(ValueOf(ChunkOf("merge router paths", {}), ChunkFeature::kDefines), 0);
}

TEST(ChunkChoice, QualifiedNamesOutweighWords) {
  Chunk named{.line_begin = 1, .line_end = 9};
  named.definitions = {Def("send", DefinitionKind::kFunction)};
  const ChunkFeatureValues values = ChunkOf("how Session.send merges paths", named);
  EXPECT_EQ(ValueOf(values, ChunkFeature::kQualified), 1);
  EXPECT_EQ(ValueOf(values, ChunkFeature::kNamedFunction), 1);
  EXPECT_EQ(ValueOf(ChunkOf("how to send paths", named), ChunkFeature::kQualified), 0);
  Chunk words{.line_begin = 1, .line_end = 9};
  words.definitions = {Def("merge_paths", DefinitionKind::kFunction)};
  EXPECT_GT(ScoreChunk(values), ScoreChunk(ChunkOf("how Session.send merges paths", words)));
}

TEST(ChunkChoice, SignaturesCountToTheirThirdLine) {
  const TinyModel model;
  const Query query = ParseQuery("merge router paths");
  QueryProfile profile = Profile(query, model);
  Definition function = Def("run", DefinitionKind::kFunction, 9);
  function.line_begin = 11;
  function.line_end = 19;
  const Chunk chunk{.line_begin = 10, .line_end = 19, .definitions = {function}};
  EXPECT_NEAR(SignatureCoverage(profile, chunk, "merge\nrun(router\n paths)\n{\n"), 2.0 / 3, 1e-5);
  EXPECT_NEAR(SignatureCoverage(profile, chunk, "\nrun(\n\n router)\n paths"), 1.0 / 3, 1e-5);
  EXPECT_EQ(SignatureCoverage(profile, chunk, ""), 0);
  EXPECT_EQ(SignatureCoverage(profile, {}, "merge router paths"), 0);
}

TEST(ChunkChoice, WeightsAreInTheOrderOfTheEnum) {
  for (size_t i = 0; i < kChunkFeatureCount; ++i) {
    EXPECT_EQ(static_cast<size_t>(kChunkFeatureWeights[i].feature), i);
  }
}

}  // namespace
}  // namespace sg
