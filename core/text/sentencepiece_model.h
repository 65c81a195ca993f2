#pragma once
// SentencePiece model files (spiece.model, sentencepiece.bpe.model): a protobuf message with the
// pieces, their scores and the normalizer. Read by a minimal protobuf reader; fields that change
// results and are not supported are an error.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

struct SentencePieceModel {
  enum class PieceType : uint8_t {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6,
  };
  struct Piece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::kNormal;
  };

  std::vector<Piece> pieces;  // the position is the id
  uint32_t unk_id = 0;        // the piece of type kUnknown
  std::string charsmap;       // precompiled; may be empty
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};

// kCorrupt; kUnsupported unless it is a Unigram model without bytes and user-defined symbols.
Result<SentencePieceModel> ParseSentencePieceModel(std::string_view bytes);

}  // namespace sg
