#include "core/model/bundled_model.h"

#include <string>

namespace sg {

Hash128 WeightsSample(std::string_view bytes) {
  constexpr size_t kPieces = 16, kPieceBytes = 4096;
  std::string sample = std::to_string(bytes.size()) + '\n';
  if (bytes.size() <= kPieces * kPieceBytes) {
    sample += bytes;
    return ContentHash(sample);
  }
  for (size_t i = 0; i < kPieces; ++i) {
    sample += bytes.substr((bytes.size() - kPieceBytes) / (kPieces - 1) * i, kPieceBytes);
  }
  sample += bytes.substr(bytes.size() - kPieceBytes);
  return ContentHash(sample);
}

}  // namespace sg
