// Quality of ranking on a public code-search benchmark, in one process: indexes each repository's
// root folder, asks all its queries, prints NDCG@10 and P@1 by category and language.
//
//   ranking_bench --home DIR --model DIR --work DIR [--ranking default|bm25|static|fused]
//                 [--mode hybrid|semantic|keyword] [--repo NAME]... [--dump FILE] [--keep]
//
// DIR of --home holds repos.json, annotations/NAME.json and repos/NAME, the layout of the semble
// benchmark (https://github.com/MinishLab/semble); the rules of scoring are its own: targets match
// by path suffix and, where given, by overlapping lines; gain 1 per target at its first rank.
// --work keeps the indexes; --keep does not bring them up to date again.

#include <algorithm>
#include <chrono>
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
#include "core/base/file.h"
#include "core/model/embedder.h"
#include "index/build/indexer.h"
#include "index/search/searcher.h"

namespace {

using nlohmann::json;
using sg::bench::Fail;
using sg::bench::Must;
using Clock = std::chrono::steady_clock;

constexpr size_t kResults = 10;

struct Settings {
  std::string home, model, work, dump;
  std::vector<std::string> repos;
  sg::SearchOptions search;
  bool keep = false;
};

struct Target {
  std::string path;
  uint32_t line_begin = 0, line_end = 0;  // 0: the whole file
};

struct Scores {
  double ndcg = 0, p1 = 0, recall = 0;
  size_t count = 0;

  void Add(const Scores& other) {
    ndcg += other.ndcg, p1 += other.p1, recall += other.recall, count += other.count;
  }
  Scores Mean() const {
    const double n = count == 0 ? 1 : static_cast<double>(count);
    return {ndcg / n, p1 / n, recall / n, 1};
  }
};

// Mean over repositories of the mean over their queries.
struct Report {
  Scores all;
  std::map<std::string, Scores> by_category, by_language;
  std::vector<double> search_ms;
};

bool SuffixMatch(const std::string& a, const std::string& b) {
  return a == b || a.ends_with("/" + b) || b.ends_with("/" + a);
}

bool Hits(const sg::SearchResult& result, const Target& target) {
  if (!SuffixMatch(result.path, target.path)) return false;
  return target.line_end == 0 ||
         (result.best.line_end >= target.line_begin && result.best.line_begin <= target.line_end);
}

Scores ScoreQuery(const std::vector<sg::SearchResult>& results,
                  const std::vector<Target>& targets) {
  std::set<size_t> ranks;
  size_t found = 0;
  for (const Target& target : targets) {
    for (size_t rank = 0; rank < std::min(results.size(), kResults); ++rank) {
      if (!Hits(results[rank], target)) continue;
      ranks.insert(rank);
      ++found;
      break;
    }
  }
  double gain = 0, ideal = 0;
  for (size_t rank : ranks) gain += 1 / std::log2(static_cast<double>(rank) + 2);
  for (size_t i = 0; i < std::min(kResults, targets.size()); ++i) {
    ideal += 1 / std::log2(static_cast<double>(i) + 2);
  }
  return {.ndcg = gain / ideal,
          .p1 = ranks.count(0) > 0 ? 1.0 : 0.0,
          .recall = static_cast<double>(found) / static_cast<double>(targets.size()),
          .count = 1};
}

std::vector<Target> Targets(const json& query) {
  std::vector<Target> targets;
  for (const char* key : {"relevant", "secondary"}) {
    for (const json& t : query.value(key, json::array())) {
      if (t.is_string()) {
        targets.push_back({.path = t.get<std::string>()});
      } else {
        const auto line = [&](const char* name) {
          return t.contains(name) && t[name].is_number() ? t[name].get<uint32_t>() : 0u;
        };
        targets.push_back({t.at("path"), line("start_line"), line("end_line")});
        if (targets.back().line_begin == 0) targets.back().line_end = 0;
      }
    }
  }
  return targets;
}

json ReadJson(const std::string& path) { return json::parse(Must(sg::ReadFile(path))); }

void Dump(std::ofstream* out, const std::string& repo, const json& query,
          const sg::SearchResponse& response, const Scores& scores) {
  json results = json::array();
  for (const sg::SearchResult& r : response.results) {
    json parts;
    for (const sg::Explanation& part : r.explanation.parts) {
      parts[part.label.substr(0, part.label.find(' '))] = {part.value, part.detail};
    }
    results.push_back({{"path", r.path},
                       {"lines", {r.best.line_begin, r.best.line_end}},
                       {"score", r.score},
                       {"parts", parts}});
  }
  *out << json{{"repo", repo},
               {"query", query.at("query")},
               {"ndcg", scores.ndcg},
               {"targets", query.at("relevant")},
               {"results", results}}
              .dump(-1, ' ', false, json::error_handler_t::replace)
       << "\n";
}

std::unique_ptr<sg::Searcher> OpenRepository(const Settings& settings, const json& spec,
                                             const sg::Embedder& embedder) {
  const std::string name = spec.at("name");
  const std::string sub = spec.value("benchmark_root", json()).is_string()
                              ? spec["benchmark_root"].get<std::string>()
                              : "";
  sg::IndexOptions options;
  options.root = settings.home + "/repos/" + name + (sub.empty() ? "" : "/" + sub);
  options.db_path = settings.work + "/" + name + ".db";
  if (!settings.keep || !std::filesystem::exists(options.db_path)) {
    Must(sg::UpdateIndex(options, embedder), name);
  }
  return Must(sg::Searcher::Open(Must(sg::Snapshot::Open(options.db_path), name), embedder,
                                 *embedder.static_model()),
              name);
}

void RunRepository(const Settings& settings, const json& spec, const sg::Embedder& embedder,
                   std::ofstream* dump, Report* report) {
  const std::string name = spec.at("name");
  std::unique_ptr<sg::Searcher> searcher = OpenRepository(settings, spec, embedder);
  Scores sum;
  std::map<std::string, Scores> by_category;
  for (const json& query : ReadJson(settings.home + "/annotations/" + name + ".json")) {
    const auto begin = Clock::now();
    const sg::SearchResponse response =
        Must(searcher->Search(query.at("query"), settings.search), name);
    report->search_ms.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    const Scores scores = ScoreQuery(response.results, Targets(query));
    sum.Add(scores);
    by_category[query.value("category", "")].Add(scores);
    if (dump != nullptr) Dump(dump, name, query, response, scores);
  }
  const Scores mean = sum.Mean();
  std::printf("%-20s %-12s NDCG@10 %.4f  P@1 %.3f  R@10 %.3f  files %llu chunks %llu\n",
              name.c_str(), spec.at("language").get<std::string>().c_str(), mean.ndcg, mean.p1,
              mean.recall, static_cast<unsigned long long>(searcher->snapshot().counts().files),
              static_cast<unsigned long long>(searcher->snapshot().counts().chunks));
  std::fflush(stdout);
  report->all.Add(mean);
  report->by_language[spec.at("language")].Add(mean);
  for (auto& [category, scores] : by_category) report->by_category[category].Add(scores.Mean());
}

void Print(const char* label, const Scores& sum) {
  const Scores mean = sum.Mean();
  std::printf("%-20s repositories %2zu  NDCG@10 %.4f  P@1 %.4f  R@10 %.4f\n", label, sum.count,
              mean.ndcg, mean.p1, mean.recall);
}

Settings ReadSettings(int argc, char** argv) {
  Settings settings;
  settings.search.max_results = kResults;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 >= argc) Fail(flag + " needs a value");
      return argv[++i];
    };
    if (flag == "--home")
      settings.home = value();
    else if (flag == "--model")
      settings.model = value();
    else if (flag == "--work")
      settings.work = value();
    else if (flag == "--dump")
      settings.dump = value();
    else if (flag == "--repo")
      settings.repos.push_back(value());
    else if (flag == "--ranking")
      settings.search.ranking = value();
    else if (flag == "--keep")
      settings.keep = true;
    else if (flag == "--mode") {
      const std::string mode = value();
      settings.search.mode = mode == "semantic"  ? sg::SearchMode::kSemantic
                             : mode == "keyword" ? sg::SearchMode::kKeyword
                                                 : sg::SearchMode::kHybrid;
    } else
      Fail("unknown flag " + flag);
  }
  if (settings.home.empty() || settings.model.empty() || settings.work.empty()) {
    Fail("--home, --model and --work are needed; see the head of bench/ranking_bench.cc");
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings = ReadSettings(argc, argv);
  std::filesystem::create_directories(settings.work);
  const auto embedder = Must(sg::OpenEmbedder(settings.model, {}));
  std::unique_ptr<std::ofstream> dump;
  if (!settings.dump.empty()) {
    dump = std::make_unique<std::ofstream>(settings.dump);
    settings.search.explain = true;
  }
  Report report;
  for (const json& spec : ReadJson(settings.home + "/repos.json")) {
    const std::string name = spec.at("name");
    const auto& wanted = settings.repos;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    if (!std::filesystem::exists(settings.home + "/annotations/" + name + ".json")) continue;
    RunRepository(settings, spec, *embedder, dump.get(), &report);
  }
  for (const auto& [language, scores] : report.by_language) Print(language.c_str(), scores);
  for (const auto& [category, scores] : report.by_category) Print(category.c_str(), scores);
  Print("OVERALL", report.all);
  std::sort(report.search_ms.begin(), report.search_ms.end());
  if (!report.search_ms.empty()) {
    std::printf("search in process: p50 %.2f ms, p95 %.2f ms\n",
                report.search_ms[report.search_ms.size() / 2],
                report.search_ms[report.search_ms.size() * 95 / 100]);
  }
  return 0;
}
