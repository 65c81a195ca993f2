// Indexing speed: the time of a full index of a tree with the bundled model, beside the time that
// tree-sitter takes to parse the same files and do nothing else, with the same number of threads.
// Files without a grammar are not parsed, but indexed: they count for the index alone.
//
//   index_bench TREE [--model DIR] [--threads N] [--keep INDEX]

#include <tree_sitter/api.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "bench/cpu_time.h"
#include "bench/must.h"
#include "core/base/file.h"
#include "core/model/embedder.h"
#include "extract/chunk_syntax.h"
#include "extract/chunker.h"
#include "extract/source_text.h"
#include "extract/walker.h"
#include "index/build/indexer.h"

namespace sg {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string tree;
  std::string model = "models/sg-static-v1";
  std::string keep;  // the index stays here; else it is made in a temporary folder
  size_t threads = 2;
};

double Seconds(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void InParallel(size_t threads, size_t count,
                const std::function<void(size_t thread, size_t i)>& work) {
  std::atomic<size_t> next = 0;
  std::vector<std::thread> pool;
  for (size_t t = 0; t < threads; ++t) {
    pool.emplace_back([&, t] {
      for (size_t i = next++; i < count; i = next++) work(t, i);
    });
  }
  for (std::thread& thread : pool) thread.join();
}

std::vector<SourceText> ReadSources(const std::string& tree) {
  std::vector<SourceText> sources;
  const Result<WalkResult> walk = WalkTree(tree, {.force = true});
  if (!walk.ok()) return sources;
  for (const FileEntry& entry : walk->files) {
    Result<std::string> bytes = ReadFile(tree + "/" + entry.path, uint64_t{8} << 20);
    if (!bytes.ok()) continue;
    SourceOrSkip source = DecodeSource(entry.path, std::move(bytes).value(), {});
    if (!source.skipped) sources.push_back(std::move(source.text));
  }
  return sources;
}

// Wall and CPU time of one stage.
struct Stage {
  double seconds = 0, cpu_seconds = 0;
};

template <typename Work>
Stage Measure(Work work) {
  const double cpu_begin = bench::CpuSeconds();
  const Clock::time_point begin = Clock::now();
  work();
  return {.seconds = Seconds(begin), .cpu_seconds = bench::CpuSeconds() - cpu_begin};
}

// Parses every source that has a grammar, each thread with a parser of its own.
Stage MeasureParsing(const std::vector<SourceText>& sources, size_t threads) {
  std::vector<TSParser*> parsers(threads);
  for (TSParser*& parser : parsers) parser = ts_parser_new();
  const Stage stage = Measure([&] {
    InParallel(threads, sources.size(), [&](size_t thread, size_t i) {
      const LanguageSyntax* syntax = FindSyntax(sources[i].language->name);
      if (syntax == nullptr) return;
      ts_parser_set_language(parsers[thread], syntax->grammar());
      ts_tree_delete(ts_parser_parse_string(parsers[thread], /*old_tree=*/nullptr,
                                            sources[i].utf8.data(),
                                            static_cast<uint32_t>(sources[i].utf8.size())));
    });
  });
  for (TSParser* parser : parsers) ts_parser_delete(parser);
  return stage;
}

void PrintStage(const char* name, const Stage& stage, double megabytes, const Stage& floor) {
  std::printf("%-16s %6.2f s  %6.1f MB/s  CPU %6.2f s  x %.2f of parsing (CPU %.2f)\n", name,
              stage.seconds, megabytes / stage.seconds, stage.cpu_seconds,
              stage.seconds / floor.seconds, stage.cpu_seconds / floor.cpu_seconds);
}

int Main(const Arguments& arguments) {
  const std::vector<SourceText> sources = ReadSources(arguments.tree);
  double megabytes = 0, parsed_megabytes = 0;
  for (const SourceText& source : sources) {
    const double size = static_cast<double>(source.utf8.size()) / 1e6;
    megabytes += size;
    if (FindSyntax(source.language->name) != nullptr) parsed_megabytes += size;
  }

  const Stage parse = MeasureParsing(sources, arguments.threads);
  std::vector<Chunker> chunkers(arguments.threads);
  const Stage chunk = Measure([&] {
    InParallel(arguments.threads, sources.size(),
               [&](size_t thread, size_t i) { chunkers[thread].Chunk(sources[i]); });
  });

  const auto embedder = bench::Must(OpenEmbedder(arguments.model, {}));
  const auto folder = std::filesystem::temp_directory_path() /
                      ("sg_index_bench_" + std::to_string(Clock::now().time_since_epoch().count()));
  IndexOptions options;
  options.root = arguments.tree;
  options.db_path = arguments.keep.empty() ? (folder / "index.db").string() : arguments.keep;
  options.threads = arguments.threads;
  options.walk.force = true;
  options.rebuild = true;
  Result<IndexSummary> summary = InternalError("not run");
  const Stage index = Measure([&] { summary = UpdateIndex(options, *embedder); });
  options.rebuild = false;
  const auto again = UpdateIndex(options, *embedder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  if (!summary.ok() || !again.ok()) {
    bench::Fail((summary.ok() ? again : summary).status().message());
  }
  std::printf("files            %zu\nsource           %.1f MB, %.1f MB of it with a grammar\n",
              sources.size(), megabytes, parsed_megabytes);
  std::printf("threads          %zu\n", arguments.threads);
  PrintStage("parse alone", parse, parsed_megabytes, parse);
  PrintStage("parse and chunk", chunk, megabytes, parse);
  PrintStage("index", index, megabytes, parse);
  std::printf("no change        %.3f s\n", again->seconds);
  std::printf("chunks           %llu\nindex size       %.1f MB, %.2f of the source\n",
              static_cast<unsigned long long>(summary->chunks_total),
              static_cast<double>(summary->index_bytes) / 1e6,
              static_cast<double>(summary->index_bytes) / 1e6 / megabytes);
  return 0;
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) {
  sg::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--model" && i + 1 < argc) {
      arguments.model = argv[++i];
    } else if (word == "--keep" && i + 1 < argc) {
      arguments.keep = argv[++i];
    } else if (word == "--threads" && i + 1 < argc) {
      arguments.threads = std::max(1ul, std::stoul(argv[++i]));
    } else {
      arguments.tree = word;
    }
  }
  if (arguments.tree.empty()) {
    std::fprintf(stderr, "usage: index_bench TREE [--model DIR] [--threads N] [--keep INDEX]\n");
    return 2;
  }
  return sg::Main(arguments);
}
