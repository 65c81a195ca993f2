#include "index/store/text_codec.h"

#include <zdict.h>
#include <zstd.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace sg {
namespace {

// Measured on mixed source (bench/index_bench): level 3 compresses at 100 MB/s and more; level 6
// saves 4 % more at a third of the speed.
constexpr int kLevel = 3;
constexpr size_t kDictionaryBytes = size_t{64} << 10;
constexpr size_t kMaxSampleBytes = size_t{4} << 20;
// A long file would fill the sample alone; its head is the part that resembles others.
constexpr size_t kMaxBytesPerSample = size_t{16} << 10;
constexpr size_t kMinSamples = 16;

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

}  // namespace

std::string TrainTextDictionary(std::span<const std::string_view> samples) {
  std::string joined;
  std::vector<size_t> sizes;
  for (std::string_view sample : samples) {
    if (joined.size() >= kMaxSampleBytes) break;
    const std::string_view head = sample.substr(0, kMaxBytesPerSample);
    if (head.size() < 8) continue;  // below what the trainer accepts
    joined += head;
    sizes.push_back(head.size());
  }
  // zstd advises samples of a hundred times the dictionary; ten times still helps.
  const size_t capacity = std::min(kDictionaryBytes, joined.size() / 10);
  if (sizes.size() < kMinSamples || capacity < 1024) return {};
  std::string dictionary(capacity, '\0');
  const size_t size = ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), joined.data(),
                                            sizes.data(), static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size)) return {};
  dictionary.resize(size);
  return dictionary;
}

struct TextCodec::Impl {
  std::string dictionary;
  std::unique_ptr<ZSTD_DDict, FreeContext> decompress;  // null without a dictionary
  std::once_flag compress_made;
  std::unique_ptr<ZSTD_CDict, FreeContext> compress;
};

TextCodec::TextCodec(std::string_view dictionary) : impl_(std::make_unique<Impl>()) {
  if (dictionary.empty()) return;
  impl_->dictionary = dictionary;
  impl_->decompress.reset(ZSTD_createDDict(dictionary.data(), dictionary.size()));
}

TextCodec::~TextCodec() = default;

Result<std::string> TextCodec::Compress(std::string_view text) const {
  ZSTD_CCtx* context = ThreadCompressContext();
  // On first use: a search only decompresses, and making this takes longer than that.
  std::call_once(impl_->compress_made, [&] {
    const std::string& dictionary = impl_->dictionary;
    if (dictionary.empty()) return;
    impl_->compress.reset(ZSTD_createCDict(dictionary.data(), dictionary.size(), kLevel));
  });
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const size_t size =
      impl_->compress ? ZSTD_compress_usingCDict(context, frame.data(), frame.size(), text.data(),
                                                 text.size(), impl_->compress.get())
                      : ZSTD_compressCCtx(context, frame.data(), frame.size(), text.data(),
                                          text.size(), kLevel);
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
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != raw_bytes ||
      raw_bytes / 100'000 > frame.size()) {
    return CorruptError("a stored text has a damaged zstd frame");
  }
  std::string text(raw_bytes, '\0');
  ZSTD_DCtx* context = ThreadDecompressContext();
  const size_t size =
      impl_->decompress
          ? ZSTD_decompress_usingDDict(context, text.data(), text.size(), frame.data(),
                                       frame.size(), impl_->decompress.get())
          : ZSTD_decompressDCtx(context, text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) || size != raw_bytes) {
    return CorruptError("a stored text has a damaged zstd frame");
  }
  return text;
}

}  // namespace sg
