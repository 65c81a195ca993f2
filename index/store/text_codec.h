#pragma once
// Texts as zstd frames with a dictionary made of the heads of files: source files are small, and
// most of what repeats in them repeats between them. Also packs the facts of files (with the same
// dictionary: names and comments stand in the texts too) and blocks of postings (without one).
// Format: docs/index_format.md "Frames".

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

inline constexpr size_t kMaxTextDictionaryBytes = size_t{256} << 10;

// Returns a dictionary of at most 256 KiB and a quarter of the samples' bytes: the heads of samples
// spread over all of them.
std::string MakeTextDictionary(std::span<const std::string_view> samples);

// Thread-safe (each call takes its own context).
class TextCodec {
 public:
  // An empty dictionary is none.
  explicit TextCodec(std::string dictionary, int level = kTextLevel);
  ~TextCodec();

  static constexpr int kTextLevel = 6;
  static constexpr int kFastLevel = 1;

  Result<std::string> Compress(std::string_view text) const;
  // kCorrupt if `frame` is damaged or would not give exactly `raw_bytes` bytes.
  Result<std::string> Decompress(std::string_view frame, size_t raw_bytes) const;
  // kCorrupt if `frame` is damaged or would give more than `max_bytes` bytes.
  Result<std::string> DecompressUpTo(std::string_view frame, size_t max_bytes) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sg
