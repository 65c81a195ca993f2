// Measures tokenizers, and lets tools/reference/tokenizer_diff.py compare them with the published
// ones.
//
//   tokenizer_bench speed TOKENIZER FILE    MB/s of processor time over FILE in chunks, best of 5
//   tokenizer_bench encode TOKENIZER [--special]
//       reads texts from standard input, each as u32 size and bytes; writes for each u32 count and
//       count times u32 id, begin, end (little-endian), or count 0xFFFFFFFF where encoding failed
//
// TOKENIZER is a folder or a file.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/cpu_time.h"
#include "bench/must.h"
#include "core/base/file.h"
#include "core/text/tokenizer.h"

namespace sg {
namespace {

bool ReadExactly(void* data, size_t size) { return std::fread(data, 1, size, stdin) == size; }

void WriteEncoding(const Result<Encoding>& encoding) {
  std::vector<uint32_t> out;
  if (!encoding.ok()) {
    out = {0xFFFFFFFF};
  } else {
    out.push_back(static_cast<uint32_t>(encoding->size()));
    for (size_t i = 0; i < encoding->size(); ++i) {
      out.insert(out.end(), {encoding->ids[i], encoding->spans[i].begin, encoding->spans[i].end});
    }
  }
  std::fwrite(out.data(), sizeof(uint32_t), out.size(), stdout);
}

int EncodeStream(const Tokenizer& tokenizer, bool add_special_tokens) {
  std::string text;
  uint32_t size_bytes;
  while (ReadExactly(&size_bytes, sizeof(size_bytes))) {
    text.resize(size_bytes);
    if (!ReadExactly(text.data(), text.size())) return 2;
    WriteEncoding(tokenizer.Encode(text, add_special_tokens));
  }
  return 0;
}

// Cuts the file as code search does: into chunks of whole lines of about 1,500 bytes.
std::vector<std::string_view> Chunks(std::string_view text) {
  constexpr size_t kChunkBytes = 1500;
  std::vector<std::string_view> chunks;
  while (!text.empty()) {
    const size_t line_end = text.find('\n', std::min(kChunkBytes, text.size() - 1));
    const size_t size = line_end == std::string_view::npos ? text.size() : line_end + 1;
    chunks.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return chunks;
}

void Speed(const Tokenizer& tokenizer, const std::string& path) {
  const std::string text = bench::Must(ReadFile(path));
  const std::vector<std::string_view> chunks = Chunks(text);
  size_t tokens = 0;
  const double seconds = bench::BestCpuSeconds(/*runs=*/5, [&] {
    tokens = 0;
    for (const std::string_view chunk : chunks) {
      tokens += bench::Must(tokenizer.Encode(chunk, /*add_special_tokens=*/true)).size();
    }
  });
  std::printf("%.1f MB/s, %zu tokens, %zu chunks\n",
              static_cast<double>(text.size()) / seconds / 1e6, tokens, chunks.size());
}

int Main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (argc < 3 || (mode != "speed" && mode != "encode") || (mode == "speed" && argc < 4)) {
    std::fprintf(stderr,
                 "usage: tokenizer_bench speed TOKENIZER FILE\n"
                 "       tokenizer_bench encode TOKENIZER [--special]\n");
    return 2;
  }
  const std::string path = argv[2];
  const double begin = bench::CpuSeconds();
  const std::unique_ptr<Tokenizer> tokenizer =
      bench::Must(std::filesystem::is_directory(path) ? Tokenizer::FromFolder(path)
                                                      : Tokenizer::FromFile(path));
  if (mode == "speed") {
    std::printf("loaded in %.0f ms; ", (bench::CpuSeconds() - begin) * 1e3);
    Speed(*tokenizer, argv[3]);
    return 0;
  }
  const bool special = argc > 3 && std::string_view(argv[3]) == "--special";
  return EncodeStream(*tokenizer, special);
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) { return sg::Main(argc, argv); }
