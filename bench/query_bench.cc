// Query time on an existing index, as a process that starts, asks once and ends sees it: opens
// model, snapshot and searcher anew for every query. The page cache is warm.
//
//   query_bench --index FILE --model DIR [--queries FILE] [--repeat N] [--sg PROGRAM]
//
// --queries: one a line (default: a few of each kind). --sg also times `PROGRAM search --json` with
// process start, for the same queries, in the folder that the index was made of.

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "bench/cpu_time.h"
#include "bench/must.h"
#include "core/model/embedder.h"
#include "index/search/searcher.h"

extern char** environ;

namespace {

using sg::bench::CpuSeconds;
using sg::bench::Fail;
using sg::bench::Must;
using Clock = std::chrono::steady_clock;

constexpr const char* kQueries[] = {
    "how are requests retried after a connection error",
    "parse a configuration file",
    "where is the cache invalidated",
    "convert a string to an integer",
    "HashMap",
    "JsonParser",
    "read_file",
    "Session.send",
    "thread pool that runs tasks",
    "escape special characters in html",
    "compute the checksum of a buffer",
    "open a socket and listen for connections",
    "\"not implemented\" error",
    "test for date formatting",
    "router that matches a path to a handler",
};

struct Settings {
  std::string index, model, sg;
  std::vector<std::string> queries;
  size_t repeat = 5;
};

struct Times {
  std::vector<double> open_ms, search_ms, total_ms, process_ms;
  std::vector<double> cpu_ms;  // of total_ms: what is left on a machine that is busy otherwise
};

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

void Print(const char* label, std::vector<double> ms) {
  if (ms.empty()) return;
  std::sort(ms.begin(), ms.end());
  std::printf("%-28s p50 %7.2f ms  p95 %7.2f ms  max %7.2f ms\n", label, ms[ms.size() / 2],
              ms[ms.size() * 95 / 100], ms.back());
}

// One query from nothing.
void AskOnce(const Settings& settings, const std::string& query, Times* times) {
  const auto begin = Clock::now();
  const double cpu_begin = CpuSeconds();
  const auto embedder = Must(sg::OpenEmbedder(settings.model, {}));
  const auto searcher = Must(sg::Searcher::Open(Must(sg::Snapshot::Open(settings.index)), *embedder,
                                                *embedder->static_model()));
  times->open_ms.push_back(MillisecondsSince(begin));
  const auto search_begin = Clock::now();
  Must(searcher->Search(query, {}), query);
  times->search_ms.push_back(MillisecondsSince(search_begin));
  times->total_ms.push_back(MillisecondsSince(begin));
  times->cpu_ms.push_back((CpuSeconds() - cpu_begin) * 1e3);
}

void AskProcess(const Settings& settings, const std::string& root, const std::string& query,
                Times* times) {
  std::vector<std::string> words = {settings.sg, "search",       "--json", "--no-update",
                                    "--index",   settings.index, "--",     query};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addchdir_np(&actions, root.c_str());
  const auto begin = Clock::now();
  pid_t child = 0;
  if (posix_spawn(&child, settings.sg.c_str(), &actions, nullptr, argv.data(), environ) != 0) {
    Fail("cannot start " + settings.sg);
  }
  int status = 0;
  waitpid(child, &status, 0);
  times->process_ms.push_back(MillisecondsSince(begin));
  posix_spawn_file_actions_destroy(&actions);
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) Fail(settings.sg + " failed on: " + query);
}

Settings ReadSettings(int argc, char** argv) {
  Settings settings;
  std::string file;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i], value = argv[i + 1];
    if (flag == "--index") {
      settings.index = std::filesystem::absolute(value);
    } else if (flag == "--model") {
      settings.model = value;
    } else if (flag == "--queries") {
      file = value;
    } else if (flag == "--repeat") {
      settings.repeat = std::strtoul(value.c_str(), nullptr, 10);
    } else if (flag == "--sg") {
      settings.sg = std::filesystem::absolute(value);
    } else {
      Fail("unknown flag " + flag);
    }
  }
  if (settings.index.empty() || settings.model.empty()) Fail("--index and --model are needed");
  if (file.empty()) {
    settings.queries.assign(std::begin(kQueries), std::end(kQueries));
  } else {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) settings.queries.push_back(line);
    if (settings.queries.empty()) Fail("no queries in " + file);
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = ReadSettings(argc, argv);
  auto snapshot = Must(sg::Snapshot::Open(settings.index));
  const sg::IndexCounts counts = snapshot->counts();
  const std::string root = snapshot->root();
  snapshot.reset();
  Times warm_up, times;
  for (const std::string& query : settings.queries) AskOnce(settings, query, &warm_up);
  for (size_t i = 0; i < settings.repeat; ++i) {
    for (const std::string& query : settings.queries) AskOnce(settings, query, &times);
  }
  std::printf(
      "%llu files, %llu chunks, %zu queries x %zu\n", static_cast<unsigned long long>(counts.files),
      static_cast<unsigned long long>(counts.chunks), settings.queries.size(), settings.repeat);
  Print("open model and index", times.open_ms);
  Print("search", times.search_ms);
  Print("both", times.total_ms);
  Print("both, CPU time", times.cpu_ms);
  for (size_t i = 0; !settings.sg.empty() && i < settings.repeat; ++i) {
    for (const std::string& query : settings.queries) AskProcess(settings, root, query, &times);
  }
  Print("sg search, process start", times.process_ms);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak memory of this program  %.1f MiB\n",
              static_cast<double>(usage.ru_maxrss) / 1024);
  if (!settings.sg.empty()) {
    getrusage(RUSAGE_CHILDREN, &usage);
    std::printf("peak memory of sg search     %.1f MiB\n",
                static_cast<double>(usage.ru_maxrss) / 1024);
  }
  return 0;
}
