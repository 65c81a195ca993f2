#pragma once
// The features of one file for one query (docs/ranking.md lists them). Pure: no I/O, no clock, no
// randomness; what it needs is handed in. Thread-compatible.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/model/static_model.h"
#include "extract/chunk.h"
#include "index/query/query.h"
#include "index/rank/path_class.h"
#include "index/rank/weights.h"

namespace sg {

// What retrieval found out about a file, each scaled over the whole index to [0, 1].
struct FileSignals {
  double keyword = 0;
  double density = 0;
  double semantic = 0;
  double file_semantic = 0;
  double header_semantic = 0;
  double feedback = 0;
};

// What the index knows as a whole.
struct RepositoryFacts {
  uint64_t files = 0;
  uint64_t chunks = 0;
  int least_depth = 0;  // smallest PathDepth; shifts all scores alike
};

// Definition names normalised: "ns::Foo<T>.bar" -> "bar"; at most the last part counts.
std::string_view LastNamePart(std::string_view name);

// A query prepared for ranking: its words with their idf and their vectors.
class QueryProfile {
 public:
  // `stem_chunks`: for each of query.stems, the number of chunks that hold it. `lexical` and
  // `query` must outlive the profile.
  QueryProfile(const Query& query, const std::vector<uint64_t>& stem_chunks,
               const RepositoryFacts& repository, const StaticModel& lexical);

  const Query& query() const { return query_; }
  const RepositoryFacts& repository() const { return repository_; }

  // Idf of a topic stem; 0 for any other word.
  double Idf(const std::string& stem) const;

  // Any word with its stem and the stem's share of the topic's idf, in [0, 1]. Cached: a file's
  // definitions repeat few words many times.
  struct StemmedWord {
    std::string stem;
    double idf_share = 0;
  };
  const StemmedWord& Stemmed(const std::string& word);

  // Distinct non-stop words (as written) of at least two characters, with their idf share and unit
  // vector.
  struct Word {
    std::string text;
    double weight = 0;          // shares sum to 1
    std::vector<float> vector;  // unit length or zero
  };
  const std::vector<Word>& words() const { return words_; }

  // The query asks for an operating system by name.
  bool names_platform() const { return names_platform_; }

  // Unit vector of any single word. Cached, hence not const.
  const std::vector<float>& WordVector(const std::string& word);

  // Returns the query's name that `joined` equals, or null.
  const QueryName* FindName(std::string_view joined) const;

 private:
  const Query& query_;
  const RepositoryFacts repository_;
  const StaticModel& lexical_;
  std::unordered_map<std::string, double> idf_;
  double total_idf_ = 0;
  std::vector<Word> words_;
  bool names_platform_ = false;
  std::unordered_map<std::string, std::vector<float>> vectors_;
  std::unordered_map<std::string, StemmedWord> stemmed_;
};

// Share of the query's topic (idf) and of the name's own words that the two have in common.
struct NameMatch {
  double recall = 0;     // idf share of the query's stems found in the name
  double precision = 0;  // share of the name's distinct stems that the query holds
};
NameMatch MatchName(QueryProfile& profile, std::string_view name_part);

// Idf share of the query's topic that `text` holds, in [0, 1]. O(words of `text`).
double TopicCoverage(QueryProfile& profile, std::string_view text);

// A definition as the query sees it.
struct MatchedDefinition {
  const Definition* definition = nullptr;
  NameMatch match;
  const QueryName* asked = nullptr;  // the name of the query that it defines
};
MatchedDefinition MatchDefinition(QueryProfile& profile, const Definition& definition);

// What the index knows about a file. Views must outlive the call.
struct FileFacts {
  std::string_view path;
  uint32_t mention_count = 0;      // files that mention its joined stem, itself included
  double document_similarity = 1;  // share for which similarity counts if this is a document
  bool old_version = false;        // lies in a vN folder with a bigger newer counterpart
  std::vector<MatchedDefinition> definitions;  // of all chunks, in order
};

FeatureValues ComputeFeatures(QueryProfile& profile, const FileFacts& file,
                              const FileSignals& signals);

}  // namespace sg
