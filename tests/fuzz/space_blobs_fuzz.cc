// The blobs of spaces from hostile bytes: centroids and levels, blocks of passages.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "index/store/space_store.h"
#include "index/store/token_codec.h"

namespace {

// What parses must serialise to the same.
void Codec(std::string_view bytes) {
  const auto codec = sg::TokenCodec::Parse(bytes);
  if (!codec.ok()) return;
  const auto again = sg::TokenCodec::Parse(codec->Serialize());
  if (!again.ok() || again->Serialize() != codec->Serialize()) std::abort();
}

// The first byte says how long the directory is; the rest are centroids.
void Block(size_t centroid_count, std::string_view bytes) {
  if (bytes.empty()) return;
  const size_t directory = std::min<size_t>(static_cast<unsigned char>(bytes[0]), bytes.size() - 1);
  const auto block =
      sg::DecodeSpaceBlock(bytes.substr(1, directory), bytes.substr(1 + directory), centroid_count);
  if (!block.ok()) return;
  if (block->token_begin.size() != block->keys.size() + 1) std::abort();
  for (const uint32_t centroid : block->centroids) {
    if (centroid >= centroid_count) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: Codec(bytes); break;
    case 1: Block(/*centroid_count=*/0, bytes); break;
    default: Block(/*centroid_count=*/30, bytes);
  }
  return 0;
}
