#include "index/store/facts_codec.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "index/store/byte_codec.h"

namespace sg {
namespace {

constexpr uint64_t kFactsVersion = 1;

// Names and scopes repeat within a file: each is written once, then named by its number.
class StringTable {
 public:
  uint64_t NumberOf(const std::string& text) {
    const auto [entry, added] = numbers_.try_emplace(text, numbers_.size());
    if (added) AppendString(text, &bytes_);
    return entry->second;
  }
  void AppendTo(std::string* out) const {
    AppendVarint(numbers_.size(), out);
    out->append(bytes_);
  }

 private:
  std::unordered_map<std::string, uint64_t> numbers_;
  std::string bytes_;
};

// Differences of positions that usually grow, but may not: ((difference) as zigzag).
void AppendDifference(uint32_t value, uint32_t base, std::string* out) {
  const int64_t difference = static_cast<int64_t>(value) - static_cast<int64_t>(base);
  AppendVarint((static_cast<uint64_t>(difference) << 1) ^ static_cast<uint64_t>(difference >> 63),
               out);
}

uint32_t ReadDifference(uint32_t base, ByteReader* reader) {
  const uint64_t zigzag = reader->Varint();
  const uint64_t difference = (zigzag >> 1) ^ (~(zigzag & 1) + 1);
  return static_cast<uint32_t>(base + difference);
}

void AppendDefinition(const Definition& definition, uint32_t line, StringTable* strings,
                      std::string* out) {
  AppendVarint(strings->NumberOf(definition.name), out);
  AppendVarint(static_cast<uint64_t>(definition.kind), out);
  AppendDifference(definition.line_begin, line, out);
  AppendDifference(definition.line_end, definition.line_begin, out);
  AppendVarint(strings->NumberOf(definition.scope), out);
}

void AppendChunk(const Chunk& chunk, const Chunk& previous, StringTable* strings,
                 std::string* out) {
  AppendDifference(chunk.line_begin, previous.line_end, out);
  AppendDifference(chunk.line_end, chunk.line_begin, out);
  AppendDifference(chunk.byte_begin, previous.byte_end, out);
  AppendDifference(chunk.byte_end, chunk.byte_begin, out);
  AppendVarint(strings->NumberOf(chunk.scope), out);
  AppendVarint(strings->NumberOf(chunk.signature), out);
  AppendVarint(chunk.definitions.size(), out);
  uint32_t line = chunk.line_begin;
  for (const Definition& definition : chunk.definitions) {
    AppendDefinition(definition, line, strings, out);
    line = definition.line_begin;
  }
}

class FactsDecoder {
 public:
  explicit FactsDecoder(std::string_view blob) : reader_(blob) {}

  Status Decode(FileRecord* record) {
    const uint64_t version = reader_.Varint();
    if (reader_.ok() && version != kFactsVersion) {
      return CorruptError("unknown version of file facts: " + std::to_string(version));
    }
    std::string header_comment(reader_.String());
    ReadStrings();
    std::vector<Chunk> chunks = ReadChunks();
    if (!reader_.ok() || !reader_.at_end()) return CorruptError("damaged facts of a file");
    record->chunks = std::move(chunks);
    record->header_comment = std::move(header_comment);
    return Status::Ok();
  }

 private:
  // A count of things that take at least `min_bytes` each: a hostile one cannot claim more memory
  // than the blob has bytes for.
  size_t Count(size_t min_bytes) {
    return static_cast<size_t>(reader_.VarintUpTo(reader_.remaining() / min_bytes));
  }

  void ReadStrings() {
    strings_.resize(Count(/*min_bytes=*/1));
    for (std::string_view& text : strings_) text = reader_.String();
  }

  std::string ReadString() {
    const uint64_t number = reader_.Varint();
    if (number >= strings_.size() || strings_[number].size() > budget_bytes_) {
      reader_.Bytes(reader_.remaining() + 1);  // turns bad
      return {};
    }
    budget_bytes_ -= strings_[number].size();
    return std::string(strings_[number]);
  }

  Definition ReadDefinition(uint32_t line) {
    Definition definition;
    definition.name = ReadString();
    definition.kind = static_cast<DefinitionKind>(reader_.VarintUpTo(kDefinitionKindCount - 1));
    definition.line_begin = ReadDifference(line, &reader_);
    definition.line_end = ReadDifference(definition.line_begin, &reader_);
    definition.scope = ReadString();
    return definition;
  }

  Chunk ReadChunk(const Chunk& previous) {
    Chunk chunk;
    chunk.line_begin = ReadDifference(previous.line_end, &reader_);
    chunk.line_end = ReadDifference(chunk.line_begin, &reader_);
    chunk.byte_begin = ReadDifference(previous.byte_end, &reader_);
    chunk.byte_end = ReadDifference(chunk.byte_begin, &reader_);
    chunk.scope = ReadString();
    chunk.signature = ReadString();
    const size_t count = Count(kMinDefinitionBytes);
    chunk.definitions.reserve(count);
    uint32_t line = chunk.line_begin;
    for (size_t i = 0; i < count && reader_.ok(); ++i) {
      chunk.definitions.push_back(ReadDefinition(line));
      line = chunk.definitions.back().line_begin;
    }
    return chunk;
  }

  std::vector<Chunk> ReadChunks() {
    const size_t count = Count(kMinChunkBytes);
    std::vector<Chunk> chunks;
    chunks.reserve(count);
    for (size_t i = 0; i < count && reader_.ok(); ++i) {
      chunks.push_back(ReadChunk(chunks.empty() ? Chunk{} : chunks.back()));
    }
    return chunks;
  }

  static constexpr size_t kMinDefinitionBytes = 5;
  static constexpr size_t kMinChunkBytes = 7;
  // What names may grow to in all: a hostile blob could have each chunk name one long string.
  static constexpr size_t kMaxNameBytes = size_t{64} << 20;

  ByteReader reader_;
  std::vector<std::string_view> strings_;
  size_t budget_bytes_ = kMaxNameBytes;
};

}  // namespace

std::string EncodeFacts(const FileRecord& record) {
  StringTable strings;
  std::string chunks;
  AppendVarint(record.chunks.size(), &chunks);
  const Chunk before_first;
  for (size_t i = 0; i < record.chunks.size(); ++i) {
    AppendChunk(record.chunks[i], i == 0 ? before_first : record.chunks[i - 1], &strings, &chunks);
  }
  std::string blob;
  AppendVarint(kFactsVersion, &blob);
  AppendString(record.header_comment, &blob);
  strings.AppendTo(&blob);
  blob += chunks;
  return blob;
}

Status DecodeFacts(std::string_view blob, FileRecord* record) {
  return FactsDecoder(blob).Decode(record);
}

}  // namespace sg
