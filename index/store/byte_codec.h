#pragma once
// Little-endian integers, varints and strings in byte strings: the letters of every blob of the
// index (docs/index_format.md). A varint is LEB128: seven bits a byte, lowest first, the high bit
// set on all but the last. ByteReader is for hostile input: it never reads past its end and turns
// bad for good at the first violation. Value types; thread-compatible.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sg {

static_assert(std::endian::native == std::endian::little,
              "blobs hold arrays in little-endian order and are copied as they are");

inline void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

inline void AppendString(std::string_view value, std::string* out) {
  AppendVarint(value.size(), out);
  out->append(value);
}

template <typename T>
void AppendFixed(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : position_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  bool at_end() const { return position_ == end_; }
  size_t remaining() const { return static_cast<size_t>(end_ - position_); }

  // Returns 0 and turns bad if the varint is cut short or longer than 64 bits.
  uint64_t Varint() {
    if (position_ < end_ && static_cast<signed char>(*position_) >= 0) {
      return static_cast<unsigned char>(*position_++);
    }
    return LongVarint();
  }

  // A varint of at most `limit`; 0 and bad above it.
  uint64_t VarintUpTo(uint64_t limit) {
    const uint64_t value = Varint();
    if (value <= limit) return value;
    Fail();
    return 0;
  }
  uint32_t Varint32() { return static_cast<uint32_t>(VarintUpTo(UINT32_MAX)); }

  // The next `size` bytes, as a view into the input; empty and bad if there are fewer.
  std::string_view Bytes(uint64_t size) {
    if (size > remaining()) {
      Fail();
      return {};
    }
    const std::string_view bytes(position_, size);
    position_ += size;
    return bytes;
  }
  std::string_view String() { return Bytes(Varint()); }

  template <typename T>
  T Fixed() {
    T value{};
    const std::string_view bytes = Bytes(sizeof(T));
    if (bytes.size() == sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

 private:
  void Fail() {
    ok_ = false;
    position_ = end_;
  }

  uint64_t LongVarint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && position_ < end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*position_++);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }

  const char* position_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace sg
