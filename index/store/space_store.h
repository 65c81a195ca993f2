#pragma once
// Further spaces of an index: the vectors of models beside the primary one, one vector a passage or
// one a token (docs/multivector.md). Passages are keyed by the hash of their text, so that renamed,
// copied and restored files cost nothing; which chunk has which passage is a list by chunk, valid
// for one state of the index (ContentStamp). Format: docs/index_format.md "Spaces".

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "index/store/schema.h"
#include "index/store/token_codec.h"

namespace sg {

struct SpaceInfo {
  int64_t id = 0;
  Space space;
  uint32_t routes = 0;  // RouteBit (index/query/route.h) of the content that it holds
  size_t bits = 4;      // 2 or 4 a dimension of a token's residual; 8: one int8 vector a passage
  bool pooled = false;  // every two tokens made one
  uint64_t stamp = 0;   // of the state of the index that chunk_keys belong to
};

// The vectors of a passage.
struct SpacePassage {
  uint64_t key = 0;
  // Multi-vector spaces.
  EncodedTokens tokens;
  // How many tokens begin on each line of the passage: line 0 is what stands before the chunk's own
  // text.
  std::vector<uint32_t> line_tokens;
  // Others: value = scale * code.
  float scale = 0;
  std::vector<int8_t> row;  // [dim]
};

// What a first look at many passages needs.
struct SpaceBlock {
  int64_t id = 0;
  std::vector<uint64_t> keys;         // [passages]
  std::vector<uint32_t> token_begin;  // [passages + 1]
  std::vector<uint32_t> line_begin;   // [passages + 1] where a passage's lines are in line_tokens
  std::vector<uint16_t> line_tokens;  // tokens that begin on each line
  std::vector<uint16_t> centroids;    // [tokens]; empty without centroids
};

// Identifies the chunks of an index by the files' contents and places.
uint64_t ContentStamp(std::span<const FileRecord> files);

// A consistent view of the spaces; not thread-safe.
class SpaceReader {
 public:
  // An index without further spaces has none. Errors as Snapshot::Open.
  static Result<std::unique_ptr<SpaceReader>> Open(const std::string& db_path);
  virtual ~SpaceReader() = default;

  virtual const std::vector<SpaceInfo>& spaces() const = 0;
  // REQUIRES: the space is multi-vector.
  virtual Result<TokenCodec> Codec(const SpaceInfo& space) const = 0;
  // [ChunkId] the key of the chunk's passage; 0: none in this space.
  virtual Result<std::vector<uint64_t>> ChunkKeys(const SpaceInfo& space) const = 0;
  // `codec` is null for single-vector spaces.
  virtual Status ScanBlocks(const SpaceInfo& space, const TokenCodec* codec,
                            const std::function<Status(SpaceBlock&&)>& visit) const = 0;
  // The whole passage `index` of a block that ScanBlocks gave.
  virtual Result<SpacePassage> ReadPassage(const SpaceInfo& space, const TokenCodec* codec,
                                           const SpaceBlock& block, size_t index) const = 0;
};

// The one writer, exclusive with IndexWriter. Each call is a transaction.
class SpaceWriter {
 public:
  // REQUIRES: there is an index at `db_path`.
  static Result<std::unique_ptr<SpaceWriter>> Open(const std::string& db_path);
  virtual ~SpaceWriter() = default;

  virtual Result<std::vector<SpaceInfo>> Spaces() const = 0;
  // `codec` is empty for single-vector spaces. Returns the id.
  virtual Result<int64_t> Create(const SpaceInfo& space, std::string_view codec) = 0;
  virtual Status Remove(int64_t id) = 0;
  virtual Result<std::string> CodecBlob(int64_t id) const = 0;
  virtual Result<std::unordered_set<uint64_t>> Keys(int64_t id) const = 0;
  // Adds passages whose keys are new, as one block. REQUIRES: at most kPassagesPerBlock.
  virtual Status Append(const SpaceInfo& space, std::span<const SpacePassage> passages) = 0;
  // The space is complete for the state `space.stamp`. Drops blocks of which no passage is in use.
  virtual Status Finish(const SpaceInfo& space, std::span<const uint64_t> chunk_keys) = 0;

  static constexpr size_t kPassagesPerBlock = 256;
};

// Blobs of space_blocks, apart for tests: `centroid_count` is 0 for single-vector spaces.
void EncodeSpaceBlock(std::span<const SpacePassage> passages, size_t centroid_bits,
                      std::string* directory, std::string* centroids, std::string* codes);
// kCorrupt.
Result<SpaceBlock> DecodeSpaceBlock(std::string_view directory, std::string_view centroids,
                                    size_t centroid_count);

}  // namespace sg
