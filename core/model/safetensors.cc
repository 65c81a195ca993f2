#include "core/model/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace sg {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation
constexpr size_t kMaxRank = 16;
constexpr size_t kLengthBytes = 8;
constexpr std::string_view kMetadataKey = "__metadata__";

// One entry of the header, as written, before it is checked against the data.
struct Entry {
  std::string name;
  std::optional<DType> dtype;
  std::optional<std::vector<uint64_t>> shape;
  std::optional<std::array<uint64_t, 2>> offsets;
};

// Receives the header's JSON as events, so that a huge header costs no document tree and a name
// that occurs twice is seen. Any event that the format does not allow stops the parse with a
// reason.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
  Status status;

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("a boolean"); }
  bool number_float(double, const std::string&) override { return Unexpected("a fraction"); }
  bool binary(binary_t&) override { return Unexpected("binary data"); }
  bool number_integer(int64_t value) override {
    return value >= 0 ? number_unsigned(static_cast<uint64_t>(value))
                      : Unexpected("a negative number");
  }

  bool number_unsigned(uint64_t value) override {
    if (state_ == State::kShape) {
      if (numbers_.size() == kMaxRank) return Fail("has more than 16 dimensions");
    } else if (state_ != State::kOffsets) {
      return Unexpected("a number");
    } else if (numbers_.size() == 2) {
      return Fail("has more than two data_offsets");
    }
    numbers_.push_back(value);
    return true;
  }

  bool string(std::string& value) override {
    if (state_ == State::kMetadata) {
      metadata[key_] = std::move(value);
      return true;
    }
    if (state_ != State::kEntry || key_ != "dtype") return Unexpected("a string");
    entries.back().dtype = DTypeFromName(value);
    if (entries.back().dtype) return true;
    status = UnsupportedError("tensor '" + entries.back().name + "' has the unknown type '" +
                              value + "'");
    return false;
  }

  bool start_object(size_t) override {
    if (state_ == State::kBefore) {
      state_ = State::kTop;
    } else if (state_ == State::kTop && key_ == kMetadataKey) {
      if (std::exchange(saw_metadata_, true)) {
        status = CorruptError("its header has '__metadata__' twice");
        return false;
      }
      state_ = State::kMetadata;
    } else if (state_ == State::kTop) {
      state_ = State::kEntry;
      entries.push_back({.name = key_, .dtype = {}, .shape = {}, .offsets = {}});
    } else {
      return Unexpected("an object");
    }
    return true;
  }

  bool key(std::string& value) override {
    key_ = std::move(value);
    if (state_ != State::kEntry) return true;
    const Entry& entry = entries.back();
    const bool twice = (key_ == "dtype" && entry.dtype) || (key_ == "shape" && entry.shape) ||
                       (key_ == "data_offsets" && entry.offsets);
    if (twice) return Fail("has '" + key_ + "' twice");
    if (key_ == "dtype" || key_ == "shape" || key_ == "data_offsets") return true;
    return Fail("has the unknown key '" + key_ + "'");
  }

  bool end_object() override {
    if (state_ == State::kEntry) {
      const Entry& entry = entries.back();
      if (!entry.dtype || !entry.shape || !entry.offsets) {
        return Fail("lacks dtype, shape or data_offsets");
      }
    }
    state_ = state_ == State::kTop ? State::kAfter : State::kTop;
    return true;
  }

  bool start_array(size_t) override {
    if (state_ != State::kEntry || key_ == "dtype") return Unexpected("an array");
    state_ = key_ == "shape" ? State::kShape : State::kOffsets;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    Entry& entry = entries.back();
    if (state_ == State::kShape) {
      entry.shape = numbers_;
    } else {
      if (numbers_.size() != 2) return Fail("has not two data_offsets");
      entry.offsets = {numbers_[0], numbers_[1]};
    }
    state_ = State::kEntry;
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    status = CorruptError("its header is not valid JSON at byte " + std::to_string(position));
    return false;
  }

 private:
  enum class State { kBefore, kTop, kMetadata, kEntry, kShape, kOffsets, kAfter };

  bool Fail(const std::string& what) {
    status = CorruptError("tensor '" + entries.back().name + "' " + what);
    return false;
  }

  bool Unexpected(const std::string& what) {
    status = CorruptError("its header has " + what + " where the format has none" +
                          (entries.empty() ? "" : " (near '" + entries.back().name + "')"));
    return false;
  }

  State state_ = State::kBefore;
  std::string key_;
  std::vector<uint64_t> numbers_;
  bool saw_metadata_ = false;
};

Result<std::string_view> HeaderText(std::string_view bytes) {
  if (IsLfsPointer(bytes)) return LfsPointerError();
  if (bytes.size() < kLengthBytes) return CorruptError("it is too short for a safetensors file");
  uint64_t length;
  std::memcpy(&length, bytes.data(), sizeof(length));
  if (length > kMaxHeaderBytes) {
    return CorruptError("it claims a header of " + std::to_string(length) +
                        " bytes, the limit is 100000000; not a safetensors file?");
  }
  if (length > bytes.size() - kLengthBytes) {
    return CorruptError("it is cut off inside its header of " + std::to_string(length) + " bytes");
  }
  const std::string_view header = bytes.substr(kLengthBytes, length);
  if (!header.starts_with('{')) return CorruptError("its header does not begin with '{'");
  return header;
}

// Checks that `entry` describes exactly the data that follow byte `begin` of `data`.
Result<Tensor> CheckedTensor(const Entry& entry, uint64_t begin, std::string_view data) {
  const auto [first, last] = *entry.offsets;
  const std::string name = "tensor '" + entry.name + "' ";
  const std::string range = std::to_string(first) + ".." + std::to_string(last);
  if (last < first) return CorruptError(name + "has the reversed byte range " + range);
  if (last > data.size()) {
    return CorruptError(name + "ends at byte " + std::to_string(last) + " of " +
                        std::to_string(data.size()) + " bytes of data; the file is cut off");
  }
  if (first != begin) {
    return CorruptError(name + (first < begin ? "overlaps" : "leaves a gap after") +
                        " the tensor before it: byte range " + range);
  }
  const std::optional<uint64_t> count = ElementCount(*entry.shape);
  uint64_t size_bytes = 0;
  if (!count || __builtin_mul_overflow(*count, DTypeSizeBytes(*entry.dtype), &size_bytes)) {
    return CorruptError(name + "has the impossible shape " + ShapeText(*entry.shape));
  }
  if (size_bytes != last - first) {
    return CorruptError(name + "of shape " + ShapeText(*entry.shape) + " and type " +
                        std::string(DTypeName(*entry.dtype)) + " needs " +
                        std::to_string(size_bytes) + " bytes, its range has " +
                        std::to_string(last - first));
  }
  return Tensor{
      .dtype = *entry.dtype, .shape = *entry.shape, .bytes = data.substr(first, size_bytes)};
}

}  // namespace

bool IsLfsPointer(std::string_view bytes) {
  return bytes.starts_with("version https://git-lfs.github.com/spec/");
}

Status LfsPointerError() {
  return CorruptError(
      "it is a git-LFS pointer, not the file itself; fetch it with 'git lfs pull' or download it "
      "again");
}

Result<TensorMap> ParseSafetensors(std::string_view bytes,
                                   std::map<std::string, std::string>* metadata) {
  SG_ASSIGN_OR_RETURN(const std::string_view header, HeaderText(bytes));
  HeaderReader reader;
  const bool parsed = nlohmann::json::sax_parse(header.begin(), header.end(), &reader);
  if (!parsed) {
    return reader.status.ok() ? CorruptError("its header is not valid JSON") : reader.status;
  }
  std::vector<Entry>& entries = reader.entries;
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return *a.offsets < *b.offsets; });
  const std::string_view data = bytes.substr(kLengthBytes + header.size());
  TensorMap tensors;
  uint64_t begin = 0;
  for (const Entry& entry : entries) {
    SG_ASSIGN_OR_RETURN(Tensor tensor, CheckedTensor(entry, begin, data));
    begin += tensor.bytes.size();
    if (!tensors.emplace(entry.name, std::move(tensor)).second) {
      return CorruptError("tensor '" + entry.name + "' occurs twice");
    }
  }
  if (begin != data.size()) {
    return CorruptError("it has " + std::to_string(data.size() - begin) +
                        " bytes after its last tensor");
  }
  if (metadata != nullptr) *metadata = std::move(reader.metadata);
  return tensors;
}

Result<SafetensorsFile> SafetensorsFile::Open(const std::string& path) {
  SafetensorsFile result;
  SG_ASSIGN_OR_RETURN(result.file_, MappedFile::Open(path));
  Result<TensorMap> tensors = ParseSafetensors(result.file_.bytes(), &result.metadata_);
  if (!tensors.ok()) return tensors.status().WithContext("cannot read weights from " + path);
  result.tensors_ = std::move(*tensors);
  return result;
}

const Tensor* SafetensorsFile::Find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace sg
