#include "index/store/text_codec.h"

#include <zstd.h>

#include <algorithm>
#include <utility>

namespace sg {
namespace {

// Measured at level 6 on the texts of fastapi (2,518 files, 15.6 MB) and flask (202 files, 1.1 MB),
// packed dictionary included: heads of 2 KiB give .249 and .254 of the texts; a dictionary of 64
// KiB trained by ZDICT .264 and .272, and training takes 70 ms for flask, a quarter of its parsing.
// Level 6 takes 13-16 ns a byte and gives .9 of level 3's size; level 9 takes 20-25 for 2 % less.
constexpr size_t kHeadBytes = size_t{2} << 10;
constexpr size_t kMinDictionaryBytes = 256;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CDict* dictionary) const { ZSTD_freeCDict(dictionary); }
  void operator()(ZSTD_DDict* dictionary) const { ZSTD_freeDDict(dictionary); }
};

// Contexts hold some hundred kilobytes: one of each per thread, made on first use.
ZSTD_CCtx* ThreadCompressContext() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  return context.get();
}
ZSTD_DCtx* ThreadDecompressContext() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  return context.get();
}

Status DamagedFrame() { return CorruptError("a stored text has a damaged zstd frame"); }

}  // namespace

std::string MakeTextDictionary(std::span<const std::string_view> samples) {
  size_t all_bytes = 0;
  for (std::string_view sample : samples) all_bytes += sample.size();
  const size_t capacity = std::min(kMaxTextDictionaryBytes, all_bytes / 4);
  if (capacity < kMinDictionaryBytes) return {};
  const size_t step = std::max<size_t>(1, samples.size() / (capacity / kHeadBytes + 1));
  std::string dictionary;
  for (size_t i = 0; i < samples.size() && dictionary.size() < capacity; i += step) {
    const size_t room = std::min(kHeadBytes, capacity - dictionary.size());
    dictionary += samples[i].substr(0, room);
  }
  // What begins so is a trained dictionary to zstd, and refused where it is none.
  static constexpr std::string_view kTrainedMagic("\x37\xA4\x30\xEC", 4);
  return dictionary.starts_with(kTrainedMagic) ? std::string() : dictionary;
}

struct TextCodec::Impl {
  std::string dictionary;
  int level;
  // Made on first use: readers never compress, and most runs of the writer find nothing to do.
  std::once_flag compress_once, decompress_once;
  std::unique_ptr<ZSTD_CDict, FreeContext> compress;  // null without a dictionary
  std::unique_ptr<ZSTD_DDict, FreeContext> decompress;

  const ZSTD_CDict* CompressDictionary() {
    std::call_once(compress_once, [this] {
      if (dictionary.empty()) return;
      compress.reset(ZSTD_createCDict(dictionary.data(), dictionary.size(), level));
    });
    return compress.get();
  }
  const ZSTD_DDict* DecompressDictionary() {
    std::call_once(decompress_once, [this] {
      if (dictionary.empty()) return;
      decompress.reset(ZSTD_createDDict(dictionary.data(), dictionary.size()));
    });
    return decompress.get();
  }
};

TextCodec::TextCodec(std::string dictionary, int level) : impl_(std::make_unique<Impl>()) {
  impl_->dictionary = std::move(dictionary);
  impl_->level = level;
}

TextCodec::~TextCodec() = default;

Result<std::string> TextCodec::Compress(std::string_view text) const {
  ZSTD_CCtx* context = ThreadCompressContext();
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const ZSTD_CDict* dictionary = impl_->CompressDictionary();
  const size_t size = dictionary != nullptr
                          ? ZSTD_compress_usingCDict(context, frame.data(), frame.size(),
                                                     text.data(), text.size(), dictionary)
                          : ZSTD_compressCCtx(context, frame.data(), frame.size(), text.data(),
                                              text.size(), impl_->level);
  if (ZSTD_isError(size)) {
    return InternalError(std::string("cannot compress a text: ") + ZSTD_getErrorName(size));
  }
  frame.resize(size);
  frame.shrink_to_fit();
  return frame;
}

Result<std::string> TextCodec::Decompress(std::string_view frame, size_t raw_bytes) const {
  // The frame says its size itself: believe the database's number only where both agree, so that a
  // damaged number cannot ask for terabytes.
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != raw_bytes) return DamagedFrame();
  return DecompressUpTo(frame, raw_bytes);
}

Result<std::string> TextCodec::DecompressUpTo(std::string_view frame, size_t max_bytes) const {
  constexpr size_t kMaxRatio = 100'000;  // zstd's own limit is near 45,000
  const unsigned long long raw_bytes = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (raw_bytes > max_bytes || raw_bytes / kMaxRatio > frame.size()) return DamagedFrame();
  std::string text(raw_bytes, '\0');
  ZSTD_DCtx* context = ThreadDecompressContext();
  const ZSTD_DDict* dictionary = impl_->DecompressDictionary();
  const size_t size =
      dictionary != nullptr
          ? ZSTD_decompress_usingDDict(context, text.data(), text.size(), frame.data(),
                                       frame.size(), dictionary)
          : ZSTD_decompressDCtx(context, text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) || size != raw_bytes) return DamagedFrame();
  return text;
}

}  // namespace sg
