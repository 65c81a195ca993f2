// The features of every candidate of every query of some specs, for tools/rank/fit.py:
//
//   ranking_features --model DIR --work DIR --out FILE [--asked FILE] SPEC.json...
//
// One JSON object a line: {"corpus", "language", "category", "query", "one_word", "targets",
// "candidates": [{"path", "chunk": [targets that the best chunk hits], "file": [targets in this
// file], "similarity", "features": [in the order of index/rank/weights.h, then those of
// kTreeFeatures]}]}. Specs are those of `sg eval` (docs/evaluation.md); what they hide is hidden.
// --asked: a text file with one query a line, asked of every corpus, with no targets (off-topic).

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "bench/must.h"
#include "core/model/embedder.h"
#include "core/text/words.h"
#include "eval/corpus_index.h"
#include "eval/metrics.h"
#include "eval/spec.h"
#include "index/rank/features.h"
#include "index/search/searcher.h"

namespace {

using nlohmann::json;
using sg::bench::Fail;
using sg::bench::Must;

struct Settings {
  std::string model, work, out, asked;
  std::vector<std::string> specs;
};

// Of a file, for the choice among them.
constexpr size_t kMostChunks = 500;

// Names defined in at most this many files tell who uses whom.
constexpr size_t kMaxDefiners = 2;
constexpr double kMaxPostings = 2000;

// [path] -> {files that use a name of this one, files whose names this one uses}, as logarithms.
using TreeFeatures = std::map<std::string, std::pair<double, double>>;

TreeFeatures ReadReferences(const sg::Snapshot& snapshot) {
  const std::vector<sg::FileRecord> files = Must(snapshot.Files());
  std::map<std::string, std::set<sg::FileId>> definers;
  std::map<sg::FileId, std::string> paths;
  for (const sg::FileRecord& known : files) {
    paths[known.id] = known.entry.path;
    for (const sg::Chunk& chunk : Must(snapshot.File(known.id)).chunks) {
      for (const sg::Definition& d : chunk.definitions) {
        if (d.kind != sg::DefinitionKind::kClass && d.kind != sg::DefinitionKind::kFunction &&
            d.kind != sg::DefinitionKind::kType)
          continue;
        const std::string joined = sg::JoinedWords(sg::LastNamePart(d.name));
        if (joined.size() >= 4) definers[joined].insert(known.id);
      }
    }
  }
  const std::span<const sg::FileId> chunk_files = Must(snapshot.ChunkFiles());
  std::map<sg::FileId, std::set<sg::FileId>> users, used;
  for (const auto& [name, owners] : definers) {
    if (owners.size() > kMaxDefiners) continue;
    std::set<sg::FileId> mentions;
    std::vector<sg::TermPosting> postings;
    (void)snapshot.ReadPostings("=" + name, &postings);
    for (const sg::TermPosting& posting : postings) mentions.insert(chunk_files[posting.chunk]);
    if (mentions.size() > kMaxPostings) continue;
    for (sg::FileId owner : owners) {
      for (sg::FileId user : mentions) {
        if (user == owner) continue;
        users[owner].insert(user);
        used[user].insert(owner);
      }
    }
  }
  const double scale = std::log1p(static_cast<double>(files.size()));
  TreeFeatures result;
  for (const auto& [id, path] : paths) {
    result[path] = {std::log1p(static_cast<double>(users[id].size())) / scale,
                    std::log1p(static_cast<double>(used[id].size())) / scale};
  }
  return result;
}

// [begins the wanted definition, orders now, features...] of every chunk of a file in which lines
// are wanted; empty for other files and queries.
json ChunksOf(const sg::SearchResult& result, const std::vector<sg::Target>& targets,
              const json& wanted) {
  json rows = json::array();
  if (wanted.empty() || !result.best.features.has_value()) return rows;
  const sg::LineSpan& lines = targets[wanted.front().get<size_t>()].lines;
  if (lines.whole_file()) return rows;
  const auto add = [&](const sg::SearchHit& hit) {
    json row = {hit.line_begin <= lines.begin && lines.begin <= hit.line_end ? 1 : 0, hit.score};
    for (double v : *hit.features) row.push_back(std::round(v * 1e4) / 1e4);
    rows.push_back(std::move(row));
  };
  add(result.best);
  for (const sg::SearchHit& hit : result.more) {
    if (hit.features.has_value()) add(hit);
  }
  return rows;
}

json Candidate(const sg::SearchResult& result, const std::vector<sg::Target>& targets,
               sg::PathRule rule, const TreeFeatures& tree) {
  json chunk = json::array(), file = json::array(), features = json::array();
  for (size_t i = 0; i < targets.size(); ++i) {
    if (!sg::PathsMatch(result.path, targets[i].path, rule)) continue;
    file.push_back(i);
    const sg::LineSpan span{result.best.line_begin, result.best.line_end};
    if (targets[i].lines.whole_file() || sg::LinesOverlap(span, targets[i].lines)) {
      chunk.push_back(i);
    }
  }
  for (double v : result.features) features.push_back(std::round(v * 1e5) / 1e5);
  const auto& [users, used] = tree.at(result.path);
  features.push_back(std::round(users * 1e5) / 1e5);
  features.push_back(std::round(used * 1e5) / 1e5);
  return {{"path", result.path},
          {"chunk", chunk},
          {"file", file},
          {"chunks", ChunksOf(result, targets, file)},
          {"cosine", result.cosine},
          {"coverage", result.topic_coverage},
          {"score", result.score},
          {"features", features}};
}

void Ask(sg::Searcher& searcher, const std::string& text, const std::vector<sg::Target>& targets,
         sg::PathRule rule, const TreeFeatures& tree, json line, std::ofstream* out) {
  const sg::SearchResponse response =
      Must(searcher.Search(text, {.max_chunks_per_file = kMostChunks, .every_candidate = true}));
  line["query"] = text;
  line["kind"] = response.query_kind;
  line["one_word"] = text.find_first_of(" \t\n") == std::string::npos;
  line["targets"] = targets.size();
  line["candidates"] = json::array();
  for (const sg::SearchResult& result : response.results) {
    line["candidates"].push_back(Candidate(result, targets, rule, tree));
  }
  *out << line.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
}

void RunCorpus(const Settings& settings, const sg::Spec& spec, const sg::SpecCorpus& corpus,
               const sg::Embedder& embedder, std::ofstream* out) {
  const sg::CorpusIndex index = Must(sg::PrepareCorpus(corpus, embedder,
                                                       {.cache_dir = settings.work,
                                                        .use_ignore_files = spec.use_ignore_files,
                                                        .how_to_get = spec.how_to_get,
                                                        .threads = 1}));
  auto searcher = Must(sg::Searcher::Open(Must(sg::Snapshot::Open(index.db_path)), embedder,
                                          *embedder.static_model()));
  const TreeFeatures tree = ReadReferences(searcher->snapshot());
  std::vector<std::string> warnings;
  json line{{"corpus", corpus.name},
            {"language", corpus.language},
            {"files", searcher->snapshot().counts().files}};
  for (const sg::SpecQuery& query : corpus.queries) {
    const auto targets =
        Must(sg::ResolveTargets(query, searcher->snapshot(), spec.path_rule, &warnings));
    line["category"] = query.category;
    Ask(*searcher, query.text, targets, spec.path_rule, tree, line, out);
  }
  if (!settings.asked.empty()) {
    std::ifstream asked(settings.asked);
    line["category"] = "asked";
    for (std::string text; std::getline(asked, text);) {
      if (!text.empty()) Ask(*searcher, text, {}, spec.path_rule, tree, line, out);
    }
  }
  std::printf("%s: %zu queries, %zu warnings\n", corpus.name.c_str(), corpus.queries.size(),
              warnings.size());
  std::fflush(stdout);
}

Settings ReadSettings(int argc, char** argv) {
  Settings settings;
  const std::map<std::string, std::string*> flags = {{"--model", &settings.model},
                                                     {"--work", &settings.work},
                                                     {"--out", &settings.out},
                                                     {"--asked", &settings.asked}};
  for (int i = 1; i < argc; ++i) {
    const auto flag = flags.find(argv[i]);
    if (flag == flags.end()) {
      settings.specs.push_back(argv[i]);
    } else if (++i < argc) {
      *flag->second = argv[i];
    }
  }
  if (settings.model.empty() || settings.work.empty() || settings.out.empty()) {
    Fail("--model, --work and --out are needed; see the head of bench/ranking_features.cc");
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = ReadSettings(argc, argv);
  std::filesystem::create_directories(settings.work);
  const auto embedder = Must(sg::OpenEmbedder(settings.model, {}));
  std::ofstream out(settings.out);
  for (const std::string& path : settings.specs) {
    const sg::Spec spec = Must(sg::LoadSpec(path));
    for (const sg::SpecCorpus& corpus : spec.corpora) {
      RunCorpus(settings, spec, corpus, *embedder, &out);
    }
  }
  return out.good() ? 0 : 1;
}
