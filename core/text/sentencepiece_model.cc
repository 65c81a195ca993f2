#include "core/text/sentencepiece_model.h"

#include <bit>
#include <cstring>
#include <utility>

#include "core/text/unicode.h"

namespace sg {
namespace {

// One field of a protobuf message (https://protobuf.dev/programming-guides/encoding).
struct Field {
  uint32_t number = 0;
  uint64_t varint = 0;     // also the bits of fixed32 and fixed64
  std::string_view bytes;  // of length-delimited fields
  enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 } wire{};
};

class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : rest_(bytes) {}

  // False at the end or at bytes that are no field; `ok` tells which.
  bool Next(Field* field) {
    if (rest_.empty()) return false;
    uint64_t tag;
    if (!Varint(&tag) || tag > UINT32_MAX) return Broken();
    field->number = static_cast<uint32_t>(tag >> 3);
    field->wire = static_cast<Field::Wire>(tag & 7);
    switch (field->wire) {
      case Field::Wire::kVarint: return Varint(&field->varint) || Broken();
      case Field::Wire::kFixed64: return Fixed(8, field);
      case Field::Wire::kFixed32: return Fixed(4, field);
      case Field::Wire::kBytes: break;
      default: return Broken();
    }
    uint64_t size;
    if (!Varint(&size) || size > rest_.size()) return Broken();
    field->bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool ok() const { return ok_; }

 private:
  bool Broken() {
    ok_ = false;
    return false;
  }

  bool Varint(uint64_t* value) {
    *value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool Fixed(size_t size, Field* field) {
    if (rest_.size() < size) return Broken();
    field->varint = 0;
    std::memcpy(&field->varint, rest_.data(), size);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  bool ok_ = true;
};

Status Damaged() { return CorruptError("it is not a SentencePiece model, or damaged"); }

Status ParsePiece(std::string_view bytes, SentencePieceModel* model) {
  SentencePieceModel::Piece piece;
  MessageReader reader(bytes);
  for (Field field; reader.Next(&field);) {
    if (field.number == 1) piece.text = field.bytes;
    if (field.number == 2) piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.varint));
    if (field.number == 3) piece.type = static_cast<SentencePieceModel::PieceType>(field.varint);
  }
  if (!reader.ok() || !IsValidUtf8(piece.text)) return Damaged();
  using Type = SentencePieceModel::PieceType;
  if (piece.type == Type::kByte || piece.type == Type::kUserDefined) {
    return UnsupportedError("it has byte pieces or user-defined symbols");
  }
  if (piece.type < Type::kNormal || piece.type > Type::kByte) return Damaged();
  model->pieces.push_back(std::move(piece));
  return Status::Ok();
}

// TrainerSpec: what kind of model it is.
Status CheckTrainer(std::string_view bytes) {
  constexpr uint32_t kModelType = 3, kSpaceAsSuffix = 24, kByteFallback = 35;
  constexpr uint64_t kUnigram = 1;
  MessageReader reader(bytes);
  for (Field field; reader.Next(&field);) {
    if (field.number == kModelType && field.varint != kUnigram) {
      return UnsupportedError("it is not a Unigram model");
    }
    if ((field.number == kSpaceAsSuffix || field.number == kByteFallback) && field.varint != 0) {
      return UnsupportedError("it uses byte_fallback or treat_whitespace_as_suffix");
    }
  }
  return reader.ok() ? Status::Ok() : Damaged();
}

Status ParseNormalizer(std::string_view bytes, SentencePieceModel* model) {
  MessageReader reader(bytes);
  for (Field field; reader.Next(&field);) {
    if (field.number == 2) model->charsmap = field.bytes;
    if (field.number == 3) model->add_dummy_prefix = field.varint != 0;
    if (field.number == 4) model->remove_extra_whitespaces = field.varint != 0;
    if (field.number == 5) model->escape_whitespaces = field.varint != 0;
  }
  return reader.ok() ? Status::Ok() : Damaged();
}

}  // namespace

Result<SentencePieceModel> ParseSentencePieceModel(std::string_view bytes) {
  SentencePieceModel model;
  MessageReader reader(bytes);
  for (Field field; reader.Next(&field);) {
    if (field.wire != Field::Wire::kBytes) return Damaged();
    if (field.number == 1) SG_RETURN_IF_ERROR(ParsePiece(field.bytes, &model));
    if (field.number == 2) SG_RETURN_IF_ERROR(CheckTrainer(field.bytes));
    if (field.number == 3) SG_RETURN_IF_ERROR(ParseNormalizer(field.bytes, &model));
  }
  if (!reader.ok() || model.pieces.empty()) return Damaged();
  size_t unknowns = 0;
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    if (model.pieces[id].type != SentencePieceModel::PieceType::kUnknown) continue;
    model.unk_id = static_cast<uint32_t>(id);
    ++unknowns;
  }
  if (unknowns != 1) return CorruptError("it has not exactly one unknown piece");
  return model;
}

}  // namespace sg
