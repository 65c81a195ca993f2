#include "core/model/pytorch_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include "core/model/stored_zip.h"

namespace sg {
namespace {

using Entries = std::map<std::string, std::string_view, std::less<>>;

// The names that a pickle may mention, by module and name.
enum class Global : uint8_t { kOrderedDict, kRebuildTensor, kRebuildParameter, kStorage };

struct GlobalRow {
  std::string_view module, name;
  Global global;
  DType dtype = DType::kF32;  // of kStorage
};

constexpr GlobalRow kGlobals[] = {
    {"collections", "OrderedDict", Global::kOrderedDict},
    {"torch._utils", "_rebuild_tensor_v2", Global::kRebuildTensor},
    {"torch._utils", "_rebuild_parameter", Global::kRebuildParameter},
    {"torch", "FloatStorage", Global::kStorage, DType::kF32},
    {"torch", "HalfStorage", Global::kStorage, DType::kF16},
    {"torch", "BFloat16Storage", Global::kStorage, DType::kBF16},
    {"torch", "DoubleStorage", Global::kStorage, DType::kF64},
    {"torch", "CharStorage", Global::kStorage, DType::kI8},
    {"torch", "ByteStorage", Global::kStorage, DType::kU8},
    {"torch", "ShortStorage", Global::kStorage, DType::kI16},
    {"torch", "IntStorage", Global::kStorage, DType::kI32},
    {"torch", "LongStorage", Global::kStorage, DType::kI64},
    {"torch", "BoolStorage", Global::kStorage, DType::kBool},
};

// A value on the pickle machine's stack. Containers hold references into Machine::values_, so a
// value that is used often costs nothing more.
using Ref = uint32_t;

struct Value {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kFloat,
    kText,
    kTuple,
    kList,
    kDict,
    kGlobal,
    kStorage,
    kTensor
  } kind = Kind::kNone;
  int64_t number = 0;             // kInt, kBool; row of kGlobals for kGlobal
  std::string_view text;          // kText; the key of kStorage
  std::vector<Ref> items;         // of containers; keys and values in turn for kDict
  DType dtype = DType::kF32;      // kStorage, kTensor
  std::vector<uint64_t> shape;    // kTensor
  std::vector<uint64_t> strides;  // kTensor, in elements
  uint64_t offset = 0;            // kTensor, in elements
};

using Kind = Value::Kind;

// Follows one pickle. O(bytes) time and memory: every value on the stack was put there by an opcode
// of its own, and nothing copies values.
class Machine {
 public:
  explicit Machine(std::string_view pickle) : rest_(pickle) {}

  // Returns the reference of the pickled value.
  Result<Ref> Run() {
    while (true) {
      if (rest_.empty()) return CorruptError("its pickle is cut off");
      const auto opcode = static_cast<uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      if (opcode == '.') break;
      SG_RETURN_IF_ERROR(Step(opcode));
    }
    if (stack_.size() != 1 || !marks_.empty()) return CorruptError("its pickle does not add up");
    return stack_[0];
  }

  const Value& value(Ref ref) const { return values_[ref]; }

 private:
  Status Step(uint8_t opcode) {
    switch (opcode) {
      case 0x80: return Protocol();
      case 'N': return Push({});
      case 0x88: return Push({.kind = Kind::kBool, .number = 1});
      case 0x89: return Push({.kind = Kind::kBool, .number = 0});
      case 'K': return PushInt<uint8_t>();
      case 'M': return PushInt<uint16_t>();
      case 'J': return PushInt<int32_t>();
      case 0x8A: return PushLong();
      case 'G': return PushFloat();
      case 'X': return PushText<uint32_t>();
      case 'c': return PushGlobal();
      case '(': marks_.push_back(stack_.size()); return Status::Ok();
      case ')': return Push({.kind = Kind::kTuple});
      case 0x85: return MakeTuple(1);
      case 0x86: return MakeTuple(2);
      case 0x87: return MakeTuple(3);
      case 't': return MakeTupleFromMark();
      case ']': return Push({.kind = Kind::kList});
      case '}': return Push({.kind = Kind::kDict});
      case 'a': return Extend(Kind::kList, 1);
      case 'e': return ExtendFromMark(Kind::kList);
      case 's': return Extend(Kind::kDict, 2);
      case 'u': return ExtendFromMark(Kind::kDict);
      case 'q': return Memoize<uint8_t>();
      case 'r': return Memoize<uint32_t>();
      case 'h': return Recall<uint8_t>();
      case 'j': return Recall<uint32_t>();
      case 'Q': return LoadStorage();
      case 'R': return Call();
      case 'b': return Build();
      default: break;
    }
    return UnsupportedError("its pickle uses the opcode " + std::to_string(opcode) +
                            ", which describing tensors does not need");
  }

  template <typename T>
  bool Read(T* value) {
    if (rest_.size() < sizeof(T)) return false;
    std::memcpy(value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return true;
  }

  static Status Short() { return CorruptError("its pickle is cut off"); }
  static Status Broken() { return CorruptError("its pickle does not add up"); }

  Status Push(Value value) {
    constexpr size_t kMaxValues = 2'000'000;
    if (values_.size() == kMaxValues) {
      return ResourceExhaustedError("its pickle has more than 2000000 values");
    }
    values_.push_back(std::move(value));
    stack_.push_back(static_cast<Ref>(values_.size() - 1));
    return Status::Ok();
  }

  // Number of values above the last mark.
  size_t Depth() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  Ref Pop() {
    const Ref top = stack_.back();
    stack_.pop_back();
    return top;
  }

  Status Protocol() {
    uint8_t version;
    if (!Read(&version)) return Short();
    if (version > 3) {
      return UnsupportedError("its pickle has protocol " + std::to_string(version) +
                              "; save it again with torch.save's default");
    }
    return Status::Ok();
  }

  template <typename T>
  Status PushInt() {
    T number;
    return Read(&number) ? Push({.kind = Kind::kInt, .number = static_cast<int64_t>(number)})
                         : Short();
  }

  // A little-endian two's complement number of up to 8 bytes.
  Status PushLong() {
    uint8_t size;
    if (!Read(&size) || rest_.size() < size) return Short();
    if (size > 8) return UnsupportedError("its pickle has a number of more than 64 bits");
    uint64_t bits = 0;
    std::memcpy(&bits, rest_.data(), size);
    if (size > 0 && size < 8 && (rest_[size - 1] & 0x80) != 0) bits |= ~uint64_t{0} << (size * 8u);
    rest_.remove_prefix(size);
    return Push({.kind = Kind::kInt, .number = static_cast<int64_t>(bits)});
  }

  Status PushFloat() {
    uint64_t bits;
    return Read(&bits) ? Push({.kind = Kind::kFloat}) : Short();
  }

  template <typename Size>
  Status PushText() {
    Size size;
    if (!Read(&size) || rest_.size() < size) return Short();
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return Push({.kind = Kind::kText, .text = text});
  }

  std::optional<std::string_view> Line() {
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

  Status PushGlobal() {
    const auto module = Line();
    const auto name = module ? Line() : std::nullopt;
    if (!name) return Short();
    for (size_t row = 0; row < std::size(kGlobals); ++row) {
      if (kGlobals[row].module != *module || kGlobals[row].name != *name) continue;
      return Push({.kind = Kind::kGlobal, .number = static_cast<int64_t>(row)});
    }
    return UnsupportedError("its pickle refers to '" + std::string(module->substr(0, 100)) + "." +
                            std::string(name->substr(0, 100)) +
                            "', which describing tensors does not need");
  }

  Status MakeTuple(size_t count) {
    if (Depth() < count) return Broken();
    Value tuple{.kind = Kind::kTuple};
    tuple.items.assign(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return Push(std::move(tuple));
  }

  Status MakeTupleFromMark() {
    if (marks_.empty()) return Broken();
    const size_t count = Depth();
    marks_.pop_back();
    return MakeTuple(count);
  }

  // Moves `count` values from the stack into the container below them.
  Status Extend(Kind kind, size_t count) {
    if (Depth() < count + 1) return Broken();
    if (kind == Kind::kDict && count % 2 != 0) return Broken();
    Value& container = values_[stack_[stack_.size() - count - 1]];
    if (container.kind != kind) return Broken();
    container.items.insert(container.items.end(), stack_.end() - static_cast<std::ptrdiff_t>(count),
                           stack_.end());
    stack_.resize(stack_.size() - count);
    return Status::Ok();
  }

  Status ExtendFromMark(Kind kind) {
    if (marks_.empty()) return Broken();
    const size_t count = Depth();
    marks_.pop_back();
    return Extend(kind, count);
  }

  template <typename T>
  Status Memoize() {
    T index;
    if (!Read(&index)) return Short();
    if (Depth() == 0) return Broken();
    memo_[index] = stack_.back();
    return Status::Ok();
  }

  template <typename T>
  Status Recall() {
    T index;
    if (!Read(&index)) return Short();
    const auto found = memo_.find(index);
    if (found == memo_.end()) return Broken();
    stack_.push_back(found->second);
    return Status::Ok();
  }

  // ('storage', torch.FloatStorage, '0', 'cpu', 1024)
  Status LoadStorage() {
    if (Depth() < 1) return Broken();
    const Value& id = values_[Pop()];
    if (id.kind != Kind::kTuple || id.items.size() != 5) return Broken();
    const Value& tag = values_[id.items[0]];
    const Value& type = values_[id.items[1]];
    const Value& key = values_[id.items[2]];
    if (tag.text != "storage" || key.kind != Kind::kText || type.kind != Kind::kGlobal) {
      return Broken();
    }
    const GlobalRow& row = kGlobals[type.number];
    if (row.global != Global::kStorage) return Broken();
    return Push({.kind = Kind::kStorage, .text = key.text, .dtype = row.dtype});
  }

  Status Call() {
    if (Depth() < 2) return Broken();
    const Ref arguments = Pop();
    const Value& function = values_[Pop()];
    if (function.kind != Kind::kGlobal || values_[arguments].kind != Kind::kTuple) return Broken();
    const std::vector<Ref>& items = values_[arguments].items;
    switch (kGlobals[function.number].global) {
      case Global::kOrderedDict: return items.empty() ? Push({.kind = Kind::kDict}) : Broken();
      case Global::kRebuildTensor: return RebuildTensor(items);
      case Global::kRebuildParameter: {
        if (items.empty() || values_[items[0]].kind != Kind::kTensor) return Broken();
        stack_.push_back(items[0]);
        return Status::Ok();
      }
      case Global::kStorage: break;
    }
    return Broken();
  }

  // (storage, offset, sizes, strides, requires_grad, hooks[, metadata])
  Status RebuildTensor(const std::vector<Ref>& items) {
    if (items.size() < 6) return Broken();
    const Value& storage = values_[items[0]];
    const Value& offset = values_[items[1]];
    Value tensor{.kind = Kind::kTensor};
    if (storage.kind != Kind::kStorage || offset.kind != Kind::kInt || offset.number < 0 ||
        !Numbers(items[2], &tensor.shape) || !Numbers(items[3], &tensor.strides) ||
        tensor.shape.size() != tensor.strides.size()) {
      return Broken();
    }
    tensor.text = storage.text;
    tensor.dtype = storage.dtype;
    tensor.offset = static_cast<uint64_t>(offset.number);
    return Push(std::move(tensor));
  }

  bool Numbers(Ref ref, std::vector<uint64_t>* numbers) const {
    constexpr size_t kMaxRank = 16;
    const Value& tuple = values_[ref];
    if (tuple.kind != Kind::kTuple || tuple.items.size() > kMaxRank) return false;
    for (const Ref item : tuple.items) {
      const Value& number = values_[item];
      if (number.kind != Kind::kInt || number.number < 0) return false;
      numbers->push_back(static_cast<uint64_t>(number.number));
    }
    return true;
  }

  // The state of an OrderedDict is module versions, which do not matter; nothing else has one.
  Status Build() {
    if (Depth() < 2) return Broken();
    Pop();
    return values_[stack_.back()].kind == Kind::kDict ? Status::Ok() : Broken();
  }

  std::string_view rest_;
  std::vector<Value> values_;
  std::vector<Ref> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, Ref> memo_;
};

// True if elements stand one after another in the order of their indices.
bool Contiguous(const Value& tensor) {
  uint64_t expected = 1;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];  // cannot overflow: the element count was checked
  }
  return true;
}

// One more than the highest element index that the tensor touches, or nullopt on overflow.
// REQUIRES: no dimension is 0.
std::optional<uint64_t> Extent(const Value& tensor) {
  uint64_t extent = tensor.offset;
  bool overflow = __builtin_add_overflow(extent, 1, &extent);
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    uint64_t reach;
    overflow |= __builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &reach);
    overflow |= __builtin_add_overflow(extent, reach, &extent);
  }
  if (overflow) return std::nullopt;
  return extent;
}

// Copies the elements of a strided tensor in the order of their indices.
void Gather(const Value& tensor, std::string_view storage, uint64_t count, char* out) {
  const size_t size = DTypeSizeBytes(tensor.dtype);
  std::vector<uint64_t> index(tensor.shape.size(), 0);
  uint64_t position = tensor.offset;
  for (uint64_t i = 0; i < count; ++i) {
    std::memcpy(out + i * size, storage.data() + position * size, size);
    for (size_t axis = index.size(); axis-- > 0;) {
      position += tensor.strides[axis];
      if (++index[axis] < tensor.shape[axis]) break;
      position -= tensor.strides[axis] * tensor.shape[axis];
      index[axis] = 0;
    }
  }
}

// Adds the pickled tensor `value` to `out`.
Status AddTensor(const std::string& name, const Value& value, const Entries& entries,
                 const std::string& prefix, uint64_t* copies_left, PytorchTensors* out) {
  const std::string what = "tensor '" + name.substr(0, 200) + "' ";
  const auto entry = entries.find(prefix + "data/" + std::string(value.text));
  if (entry == entries.end()) return CorruptError(what + "has no data in the archive");
  const std::string_view storage = entry->second;
  const size_t size = DTypeSizeBytes(value.dtype);
  const std::optional<uint64_t> count = ElementCount(value.shape);
  uint64_t bytes = 0;
  if (!count || __builtin_mul_overflow(*count, size, &bytes) || bytes > storage.size()) {
    return CorruptError(what + "of shape " + ShapeText(value.shape) + " is larger than its data");
  }
  Tensor tensor{.dtype = value.dtype, .shape = value.shape, .bytes = {}};
  if (*count > 0) {
    const std::optional<uint64_t> extent = Extent(value);
    if (!extent || *extent > storage.size() / size) {
      return CorruptError(what + "reaches behind its data");
    }
    if (Contiguous(value)) {
      tensor.bytes = storage.substr(value.offset * size, bytes);
    } else {
      if (bytes > *copies_left) {
        return CorruptError("its strided tensors are larger than the file");
      }
      *copies_left -= bytes;
      out->copies.push_back(std::make_unique<char[]>(bytes));
      Gather(value, storage, *count, out->copies.back().get());
      tensor.bytes = {out->copies.back().get(), bytes};
    }
  }
  if (!out->tensors.emplace(name, std::move(tensor)).second) {
    return CorruptError(what + "occurs twice");
  }
  return Status::Ok();
}

Result<std::string> ArchivePrefix(const Entries& entries) {
  constexpr std::string_view kPickle = "data.pkl";
  for (const auto& [name, contents] : entries) {
    const bool is_pickle = name == kPickle || name.ends_with("/data.pkl");
    if (is_pickle) return name.substr(0, name.size() - kPickle.size());
  }
  return CorruptError("it is a zip archive, but not one of torch.save: it has no data.pkl");
}

// The old format begins with a pickled magic number, written by protocol 2.
bool IsLegacy(std::string_view bytes) {
  return bytes.starts_with(std::string_view("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9", 9));
}

}  // namespace

Result<PytorchTensors> ParsePytorch(std::string_view bytes) {
  if (IsLfsPointer(bytes)) return LfsPointerError();
  if (IsLegacy(bytes)) {
    return UnsupportedError(
        "it has the format of torch before 1.6, which sg does not read; convert it in Python: "
        "torch.save(torch.load(path, weights_only=True), path)");
  }
  if (!LooksLikeZip(bytes)) return CorruptError("it is not a file of torch.save");
  SG_ASSIGN_OR_RETURN(const Entries entries, ReadStoredZip(bytes));
  SG_ASSIGN_OR_RETURN(const std::string prefix, ArchivePrefix(entries));
  if (const auto order = entries.find(prefix + "byteorder");
      order != entries.end() && order->second != "little") {
    return UnsupportedError("it was written on a big-endian machine");
  }
  Machine machine(entries.at(prefix + "data.pkl"));
  SG_ASSIGN_OR_RETURN(const Ref root, machine.Run());
  const Value& dict = machine.value(root);
  if (dict.kind != Kind::kDict) return UnsupportedError("it holds no dictionary of tensors");
  PytorchTensors result;
  uint64_t copies_left = bytes.size();  // copies may not be larger than the file
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const Value& key = machine.value(dict.items[i]);
    const Value& value = machine.value(dict.items[i + 1]);
    if (key.kind != Kind::kText || value.kind != Kind::kTensor) {
      return UnsupportedError("its dictionary holds something other than named tensors");
    }
    SG_RETURN_IF_ERROR(
        AddTensor(std::string(key.text), value, entries, prefix, &copies_left, &result));
  }
  return result;
}

Result<PytorchFile> PytorchFile::Open(const std::string& path) {
  PytorchFile result;
  SG_ASSIGN_OR_RETURN(result.file_, MappedFile::Open(path));
  Result<PytorchTensors> contents = ParsePytorch(result.file_.bytes());
  if (!contents.ok()) return contents.status().WithContext("cannot read weights from " + path);
  result.contents_ = std::move(*contents);
  return result;
}

}  // namespace sg
