// parse_bench FOLDER...: MB/s of parsing alone, and of parsing and chunking, over the files of
// FOLDER that have a grammar, by language. CPU time of one thread; files are read first.

#include <tree_sitter/api.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/cpu_time.h"
#include "extract/chunk_syntax.h"
#include "extract/chunker.h"
#include "extract/source_text.h"
#include "extract/walker.h"

namespace {

struct Work {
  std::vector<sg::SourceText> sources;
  size_t bytes = 0;
  size_t chunks = 0;
  double parse_seconds = 0;
  double chunk_seconds = 0;
};

void ReadFolder(const std::string& root, std::map<std::string_view, Work>* work) {
  const auto walk = sg::WalkTree(root, {});
  if (!walk.ok()) {
    std::fprintf(stderr, "%s\n", walk.status().message().c_str());
    return;
  }
  for (const sg::FileEntry& entry : walk->files) {
    std::ifstream file(root + "/" + entry.path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    sg::SourceOrSkip source = sg::DecodeSource(entry.path, std::move(bytes), {});
    if (source.skipped || !sg::FindSyntax(source.text.language->name)) continue;
    Work& of = (*work)[source.text.language->name];
    of.bytes += source.text.utf8.size();
    of.sources.push_back(std::move(source.text));
  }
}

void MeasureParsing(const sg::LanguageSyntax& syntax, Work* work) {
  TSParser* parser = ts_parser_new();
  ts_parser_set_language(parser, syntax.grammar());
  const double start = sg::bench::CpuSeconds();
  for (const sg::SourceText& source : work->sources) {
    ts_tree_delete(ts_parser_parse_string(parser, /*old_tree=*/nullptr, source.utf8.data(),
                                          static_cast<uint32_t>(source.utf8.size())));
  }
  work->parse_seconds = sg::bench::CpuSeconds() - start;
  ts_parser_delete(parser);
}

void MeasureChunking(Work* work) {
  sg::Chunker chunker;
  const double start = sg::bench::CpuSeconds();
  for (const sg::SourceText& source : work->sources) {
    work->chunks += chunker.Chunk(source).chunks.size();
  }
  work->chunk_seconds = sg::bench::CpuSeconds() - start;
}

void Print(std::string_view name, const Work& work) {
  const double mb = static_cast<double>(work.bytes) / 1e6;
  std::printf("%-12.*s %7.1f MB %7zu chunks  parse %6.1f MB/s  parse+chunk %6.1f MB/s  x%.2f\n",
              static_cast<int>(name.size()), name.data(), mb, work.chunks, mb / work.parse_seconds,
              mb / work.chunk_seconds, work.chunk_seconds / work.parse_seconds);
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string_view, Work> work;
  for (int i = 1; i < argc; ++i) ReadFolder(argv[i], &work);
  Work total;
  for (auto& [name, of] : work) {
    MeasureParsing(*sg::FindSyntax(name), &of);
    MeasureChunking(&of);
    Print(name, of);
    total.bytes += of.bytes;
    total.chunks += of.chunks;
    total.parse_seconds += of.parse_seconds;
    total.chunk_seconds += of.chunk_seconds;
  }
  if (work.empty()) {
    std::fprintf(stderr, "usage: parse_bench FOLDER...\n");
    return 2;
  }
  Print("all", total);
  return 0;
}
