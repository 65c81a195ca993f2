#pragma once
// Texts as zstd frames with a dictionary trained from the first files indexed: source files are
// small, and most of what repeats in them repeats between them. Format: docs/index_format.md
// "Texts".

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

// Returns a zstd dictionary (at most 64 KiB) trained from `samples`, or an empty string where they
// are too few or too small to train from.
std::string TrainTextDictionary(std::span<const std::string_view> samples);

// Immutable after construction; thread-safe (each call takes its own context).
class TextCodec {
 public:
  // An empty dictionary is none.
  explicit TextCodec(std::string_view dictionary);
  ~TextCodec();

  Result<std::string> Compress(std::string_view text) const;
  // kCorrupt if `frame` is damaged or would not give exactly `raw_bytes` bytes.
  Result<std::string> Decompress(std::string_view frame, size_t raw_bytes) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sg
