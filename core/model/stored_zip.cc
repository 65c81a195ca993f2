#include "core/model/stored_zip.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace sg {
namespace {

constexpr std::string_view kLocalMagic("PK\x03\x04", 4);
constexpr std::string_view kCentralMagic("PK\x01\x02", 4);
constexpr std::string_view kEndMagic("PK\x05\x06", 4);
constexpr std::string_view kEnd64Magic("PK\x06\x06", 4);
constexpr std::string_view kLocator64Magic("PK\x06\x07", 4);
constexpr size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56;
constexpr size_t kLocator64Size = 20;
constexpr uint32_t kIn64 = 0xFFFFFFFF;  // the value is in the zip64 record
constexpr uint64_t kMaxEntries = 1'000'000;

template <typename T>
T Read(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

Status Damaged(const std::string& what) { return CorruptError("its zip archive " + what); }

// bytes[begin, begin + size), or nullopt where that is outside.
std::optional<std::string_view> Slice(std::string_view bytes, uint64_t begin, uint64_t size) {
  if (begin > bytes.size() || size > bytes.size() - begin) return std::nullopt;
  return bytes.substr(begin, size);
}

struct Directory {
  uint64_t entries = 0, size = 0, begin = 0;
};

// The record at the end; it may be followed by a comment of up to 64 KB.
Result<Directory> FindDirectory(std::string_view bytes) {
  if (bytes.size() < kEndSize) return Damaged("is cut off");
  const size_t window = std::min<size_t>(bytes.size(), kEndSize + 0xFFFF);
  const size_t end = bytes.substr(bytes.size() - window).rfind(kEndMagic);
  if (end == std::string_view::npos || end + kEndSize > window) {
    return Damaged("has no directory at its end; the file is cut off");
  }
  const size_t end_at = bytes.size() - window + end;
  const std::string_view record = bytes.substr(end_at, kEndSize);
  Directory d{.entries = Read<uint16_t>(record, 10),
              .size = Read<uint32_t>(record, 12),
              .begin = Read<uint32_t>(record, 16)};
  const bool in64 = d.entries == 0xFFFF || d.size == kIn64 || d.begin == kIn64;
  if (!in64) return d;
  const auto locator = end_at < kLocator64Size
                           ? std::nullopt
                           : Slice(bytes, end_at - kLocator64Size, kLocator64Size);
  if (!locator || !locator->starts_with(kLocator64Magic)) return Damaged("lacks its zip64 record");
  const auto record64 = Slice(bytes, Read<uint64_t>(*locator, 8), kEnd64Size);
  if (!record64 || !record64->starts_with(kEnd64Magic)) return Damaged("lacks its zip64 record");
  return Directory{.entries = Read<uint64_t>(*record64, 32),
                   .size = Read<uint64_t>(*record64, 40),
                   .begin = Read<uint64_t>(*record64, 48)};
}

struct Entry {
  std::string name;
  uint64_t size = 0;
  uint64_t compressed_size = 0;
  uint64_t header = 0;
  uint16_t method = 0;
  uint16_t flags = 0;
};

// Replaces the sizes that are written as 0xFFFFFFFF by those of the zip64 field, if it is there.
void ReadZip64Field(std::string_view extra, Entry* entry) {
  while (extra.size() >= 4) {
    const auto id = Read<uint16_t>(extra, 0);
    const size_t size = std::min<size_t>(Read<uint16_t>(extra, 2), extra.size() - 4);
    std::string_view field = extra.substr(4, size);
    extra.remove_prefix(4 + size);
    if (id != 1) continue;
    for (uint64_t* value : {&entry->size, &entry->compressed_size, &entry->header}) {
      if (*value != kIn64 || field.size() < 8) continue;
      *value = Read<uint64_t>(field, 0);
      field.remove_prefix(8);
    }
  }
}

// Reads the entry that `rest` begins with and moves behind it.
Result<Entry> NextEntry(std::string_view* rest) {
  if (rest->size() < kCentralSize || !rest->starts_with(kCentralMagic)) {
    return Damaged("has a broken directory");
  }
  Entry entry{.name = {},
              .size = Read<uint32_t>(*rest, 24),
              .compressed_size = Read<uint32_t>(*rest, 20),
              .header = Read<uint32_t>(*rest, 42),
              .method = Read<uint16_t>(*rest, 10),
              .flags = Read<uint16_t>(*rest, 8)};
  const size_t name_size = Read<uint16_t>(*rest, 28), extra_size = Read<uint16_t>(*rest, 30);
  const size_t comment_size = Read<uint16_t>(*rest, 32);
  const size_t total = kCentralSize + name_size + extra_size + comment_size;
  if (total > rest->size()) return Damaged("has a broken directory");
  entry.name = rest->substr(kCentralSize, name_size);
  ReadZip64Field(rest->substr(kCentralSize + name_size, extra_size), &entry);
  rest->remove_prefix(total);
  return entry;
}

Result<std::string_view> Contents(std::string_view bytes, const Entry& entry) {
  constexpr uint16_t kEncrypted = 1;
  const std::string name = "entry '" + entry.name.substr(0, 200) + "' ";
  if (entry.method != 0) {
    return UnsupportedError("its " + name + "is compressed; torch.save stores its entries");
  }
  if ((entry.flags & kEncrypted) != 0) return UnsupportedError("its " + name + "is encrypted");
  if (entry.size != entry.compressed_size) return CorruptError("its " + name + "has two sizes");
  const auto header = Slice(bytes, entry.header, kLocalSize);
  if (!header || !header->starts_with(kLocalMagic)) {
    return CorruptError("its " + name + "is not where the directory says");
  }
  const uint64_t skip =
      kLocalSize + uint64_t{Read<uint16_t>(*header, 26)} + Read<uint16_t>(*header, 28);
  const auto contents = Slice(bytes, entry.header + skip, entry.size);
  if (!contents) return CorruptError("its " + name + "ends outside the file");
  return *contents;
}

// True if no two of the byte ranges share a byte.
bool Disjoint(std::vector<std::string_view> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](std::string_view a, std::string_view b) {
    return a.data() != b.data() ? a.data() < b.data() : a.size() < b.size();
  });
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i - 1].data() + ranges[i - 1].size() > ranges[i].data()) return false;
  }
  return true;
}

}  // namespace

bool LooksLikeZip(std::string_view bytes) { return bytes.starts_with(kLocalMagic); }

Result<std::map<std::string, std::string_view, std::less<>>> ReadStoredZip(std::string_view bytes) {
  SG_ASSIGN_OR_RETURN(const Directory directory, FindDirectory(bytes));
  const auto slice = Slice(bytes, directory.begin, directory.size);
  if (!slice) return Damaged("has its directory outside the file");
  if (directory.entries > kMaxEntries) return Damaged("has more than 1000000 entries");
  std::map<std::string, std::string_view, std::less<>> entries;
  std::vector<std::string_view> ranges;
  std::string_view rest = *slice;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    SG_ASSIGN_OR_RETURN(Entry entry, NextEntry(&rest));
    SG_ASSIGN_OR_RETURN(const std::string_view contents, Contents(bytes, entry));
    if (!contents.empty()) ranges.push_back(contents);
    if (!entries.emplace(entry.name, contents).second) {
      return Damaged("has the entry '" + entry.name.substr(0, 200) + "' twice");
    }
  }
  if (!Disjoint(std::move(ranges))) return Damaged("has entries that overlap");
  return entries;
}

}  // namespace sg
