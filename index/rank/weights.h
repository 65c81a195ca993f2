#pragma once
// Every number that ranking was tuned with, in one place. docs/ranking.md explains each feature and
// how the weights were fitted; change a number here only together with the figures there.

#include <array>
#include <cstddef>
#include <string_view>

namespace sg {

// Features of a file, in the order of explanations.
enum class Feature {
  kKeyword,
  kDensity,
  kSemantic,
  kFileSemantic,
  kHeaderSemantic,
  kStemPrefix,
  kFolderRecall,
  kDefinesFunction,
  kDefines,
  kBestDefinition,
  kStemSoftRecall,
  kStemSoftPrecision,
  kFeedback,
  kTest,
  kCompat,
  kInit,
  kDepth,
  kMentions,
  kVendored,
  kExample,
  kTypeDeclarations,
  kDocument,
  kPlatform,
  kReferenced,
  kCount,
};
inline constexpr size_t kFeatureCount = static_cast<size_t>(Feature::kCount);
using FeatureValues = std::array<double, kFeatureCount>;

// prose: queries with white space; symbol: queries of one word.
struct FeatureWeight {
  Feature feature;
  std::string_view name;     // in explanations and docs/ranking.md
  std::string_view meaning;  // one line for people
  double prose;
  double symbol;
  double low, high;  // values that the feature can take
};

// Origin: conditional logit over candidate files (tools/rank/fit.py) with sign constraints and L2
// .01 (shared) / .04 (difference of symbol), fitted on the 640 queries of the 32 development
// repositories of the public semble benchmark and, weighing a tenth of them together, on 3,578
// queries made from the comments and tests of 86 published packages. NDCG@10 in eight-fold
// cross-validation by repository: .914. test, ex and doc were set by hand on whole trees
// (docs/ranking.md) and held fixed, plat by hand; vend and dts are rare in the data: guesses.
inline constexpr std::array<FeatureWeight, kFeatureCount> kFeatureWeights = {{
    // clang-format off
    {Feature::kKeyword,           "b6",     "keyword score of the best chunk",                 1.931,  1.929, 0, 1},
    {Feature::kDensity,           "dens6",  "share of the 50 best chunks",                     0.845,  1.072, 0, 1},
    {Feature::kSemantic,          "iX",     "similarity of the best chunk",                    1.933,  1.884, 0, 1},
    {Feature::kFileSemantic,      "iF",     "similarity of the whole file",                    0.843,  0.620, 0, 1},
    {Feature::kHeaderSemantic,    "iHD",    "similarity of the header comment",                0.337,  0.384, 0, 1},
    {Feature::kStemPrefix,        "stPre",  "query words that begin words of the file name",   2.549,  0.971, 0, 1},
    {Feature::kFolderRecall,      "dlR",    "query words in the folder name",                  3.141,  0.000, 0, 1},
    {Feature::kDefinesFunction,   "dFn",    "defines the named function or alias",             0.585, -0.978, 0, 1},
    {Feature::kDefines,           "dAny",   "defines the named symbol",                        1.194,  2.272, 0, 1},
    {Feature::kBestDefinition,    "bd",     "query words in the best definition's name",       1.316,  1.198, 0, 1},
    {Feature::kStemSoftRecall,    "sfST",   "query words akin to the file name",               0.565,  0.287, 0, 1},
    {Feature::kStemSoftPrecision, "sfSTp",  "file name akin to query words",                   1.427,  1.448, 0, 1},
    {Feature::kFeedback,          "p6X",    "similarity after feedback from the best chunks",  2.573,  2.554, 0, 1},
    {Feature::kTest,              "test",   "test or benchmark",                              -2.500, -2.500, 0, 1},
    {Feature::kCompat,            "compat", "old or compatibility code",                      -2.179, -2.341, 0, 1},
    {Feature::kInit,              "init",   "package entry file",                             -1.722, -1.738, 0, 1},
    {Feature::kDepth,             "depth",  "folders deep",                                   -0.522, -0.541, 0, 64},
    {Feature::kMentions,          "ment",   "files that mention its name",                     2.219,  2.402, 0, 0.45},
    {Feature::kVendored,          "vend",   "vendored or generated",                          -1.180, -1.180, 0, 1},
    {Feature::kExample,           "ex",     "example or documentation",                       -2.000, -2.000, 0, 1},
    {Feature::kTypeDeclarations,  "dts",    "type declarations only",                         -0.355, -0.357, 0, 1},
    {Feature::kDocument,          "doc",    "prose or data, not code",                        -2.500, -2.500, 0, 1},
    {Feature::kPlatform,          "plat",   "code for another operating system",              -1.500, -1.500, 0, 1},
    {Feature::kReferenced,        "ref",    "one of the best files refers to it",              0.475,  0.540, 0, 1},
    // clang-format on
}};

// The best files, by all other features, whose references count for kReferenced.
inline constexpr size_t kReferrers = 5;

// Above this share, more files that mention a file's name say nothing: it is a word of the
// language (utils, error, main).
inline constexpr double kMostMentions = 0.45;

// BM25 (Robertson, Zaragoza 2009) as SQLite FTS5 computes it; its idf is floored.
inline constexpr double kBm25K1 = 1.2;
inline constexpr double kBm25B = 0.75;
inline constexpr double kBm25IdfFloor = 1e-6;

// c(chunk) = kCombinedSemantic * mm(X.q) + kCombinedKeyword * bm25 / max bm25.
inline constexpr double kCombinedSemantic = 0.6;
inline constexpr double kCombinedKeyword = 0.4;

// Static tables know words, not sentences: where keywords are at hand too, similarity counts for
// this share in documents (docs/ranking.md "Documents"); what is left orders documents that share
// no word with the query.
inline constexpr double kDocumentSimilarity = 0.02;

// Words of a query and of a file name whose vectors have a smaller cosine are not akin: unrelated
// words have up to .16, which ordered books by what their names do not say.
inline constexpr double kLeastLikeness = 0.17;

// Where a list of topics is asked for (no stop word), a document's keyword score is the mean of so
// many of its best chunks: a theme, not one lucky passage.
inline constexpr size_t kThemeChunks = 10;

// Query vector: weight of stop words, and the bounds of the idf share of the others.
inline constexpr double kStopWordWeight = 0.3;
inline constexpr double kLeastWordWeight = 0.1;

// Pseudo-relevance feedback: q' = n(q + kFeedbackWeight * n(sum of c * C over the best chunks)).
inline constexpr size_t kFeedbackChunks = 10;
inline constexpr double kFeedbackWeight = 0.8;

// Chunks whose distribution over files is the density.
inline constexpr size_t kDensityChunks = 50;

// Files per candidate list. 20 lose nothing on dev (32 files a query), 10 cost .002.
inline constexpr size_t kCandidatesPerList = 30;
// A symbol defined in more files than this nominates none of them.
inline constexpr size_t kMaxDefiningFiles = 10;

// Features of a chunk within its file, for questions in words.
enum class ChunkFeature {
  kSemantic,
  kFeedback,
  kBestName,
  kNames,
  kSignature,
  kDefines,
  kDefinitions,
  kTestScope,
  kNamedFunction,
  kNamedClass,
  kQualified,
  kCount,
};
inline constexpr size_t kChunkFeatureCount = static_cast<size_t>(ChunkFeature::kCount);
using ChunkFeatureValues = std::array<double, kChunkFeatureCount>;

struct ChunkFeatureWeight {
  ChunkFeature feature;
  std::string_view name;     // in docs/ranking.md
  std::string_view meaning;  // one line for people
  double weight;
};

// Origin: conditional logit over the chunks of the right file (tools/rank/fit_chunks.py), fitted on
// 2,941 questions made from the doc comments of 86 published packages, the comments hidden. The
// chunk holds the wanted definition for 61 % of questions to packages that were held out (c and
// bonus: 54 %). cQual is set by hand: such names are rare in comments.
inline constexpr std::array<ChunkFeatureWeight, kChunkFeatureCount> kChunkFeatureWeights = {{
    // clang-format off
    {ChunkFeature::kSemantic,      "cX",    "similarity",                                         5.27},
    {ChunkFeature::kFeedback,      "cP",    "similarity after feedback",                          5.32},
    {ChunkFeature::kBestName,      "cName", "best definition's name and query have in common",    4.49},
    {ChunkFeature::kNames,         "cCov",  "share of the query in all names of the chunk",       2.22},
    {ChunkFeature::kSignature,     "cSig",  "share of the query in a definition's first lines",   2.29},
    {ChunkFeature::kDefines,       "cDef",  "a function, class or type starts here",              2.63},
    {ChunkFeature::kDefinitions,   "cNum",  "how many: ln(1 + n)",                                0.86},
    {ChunkFeature::kTestScope,     "cTest", "inside a module of tests",                          -1.09},
    {ChunkFeature::kNamedFunction, "cFn",   "defines a function that the query names",            0.74},
    {ChunkFeature::kNamedClass,    "cCls",  "defines a class that the query names",               0.50},
    {ChunkFeature::kQualified,     "cQual", "defines what the query names as a.b",                6.00},
    // clang-format on
}};

// Chunks of a file for which the feature that reads text is computed: the best without it.
inline constexpr size_t kChunksRead = 8;
// Further spaces, named lines and nested chunks count in shares of this: a score of ScoreChunk is
// divided by it.
inline constexpr double kChunkScoreScale = 10;

// Choice of the chunk where a name alone is asked for, and in documents: c + the largest bonus of
// its definitions.
struct ChunkBonusWeights {
  double partial_class = 1.2;     // x idf share x precision^2 of the name
  double partial_function = 1.0;  // also types and impl blocks
  double partial_variable = 0.3;  // also namespaces and headings
  double named = 2.0;             // the query names it
  double named_variable = 1.0;
  double dotted = 1.0;  // and by a qualified name
  double named_class = 0.5;
  double per_row = 1.0 / 1000;  // longer definitions win over forward declarations
  double max_rows = 500;
};
inline constexpr ChunkBonusWeights kChunkBonus;

// Whether the index holds anything of the query's topic: logistic regression on TopicEvidence
// (index/rank/confidence.h) by tools/rank/fit_confidence.py, fitted on the 640 development queries
// (weighing nine tenths) against 200 off-topic ones asked of each of the 32 repositories, L2 1e-4.
// Valid for cosines of static models.
struct TopicWeights {
  double bias = -4.16;
  double similarity = 8.64;
  double coverage = 8.25;
  double defines_name = 2.71;
};
inline constexpr TopicWeights kTopicWeights;

// What the best chunk of a file adds in the further spaces of an index (docs/routing.md): times the
// calibrated score, in [0, 1], and the weight of the route. Range [0, 6]. Origin: as much as the
// feedback feature, which plays the same part; not fitted, as the benchmark has the primary space
// only. kSpaceChunkWeight: the same within a file, where scores lie in [0, 1].
inline constexpr double kSpaceWeight = 3.0;
inline constexpr double kSpaceChunkWeight = 0.5;

}  // namespace sg
