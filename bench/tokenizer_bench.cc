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
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file.h"
#include "core/text/tokenizer.h"

namespace sg {
namespace {

int Fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return 2;
}

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

int Speed(const Tokenizer& tokenizer, const std::string& path) {
  const Result<std::string> text = ReadFile(path);
  if (!text.ok()) return Fail(text.status());
  const std::vector<std::string_view> chunks = Chunks(*text);
  double best = 0;
  size_t tokens = 0;
  for (int round = 0; round < 5; ++round) {
    tokens = 0;
    const std::clock_t begin = std::clock();
    for (const std::string_view chunk : chunks) {
      const Result<Encoding> encoding = tokenizer.Encode(chunk, /*add_special_tokens=*/true);
      if (!encoding.ok()) return Fail(encoding.status());
      tokens += encoding->size();
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    best = std::max(best, static_cast<double>(text->size()) / seconds / 1e6);
  }
  std::printf("%.1f MB/s, %zu tokens, %zu chunks\n", best, tokens, chunks.size());
  return 0;
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
  const std::clock_t begin = std::clock();
  const Result<std::unique_ptr<Tokenizer>> tokenizer =
      std::filesystem::is_directory(path) ? Tokenizer::FromFolder(path) : Tokenizer::FromFile(path);
  if (!tokenizer.ok()) return Fail(tokenizer.status());
  if (mode == "speed") {
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::printf("loaded in %.0f ms; ", seconds * 1e3);
    return Speed(**tokenizer, argv[3]);
  }
  const bool special = argc > 3 && std::string_view(argv[3]) == "--special";
  return EncodeStream(**tokenizer, special);
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) { return sg::Main(argc, argv); }
