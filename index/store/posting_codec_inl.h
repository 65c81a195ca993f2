#pragma once
// The inner loop of PostingBlockReader, inlined into its callers.

#include <bit>

#include "index/store/byte_codec.h"

namespace sg {

// Values of up to 2 stand in the low two bits beside the document; the rest follow as a varint.
inline constexpr uint32_t kInlineValues = 3;

template <typename Visit>
void PostingBlockReader::Scan(Visit visit) {
  if (bitmap_) {
    uint64_t doc = base_doc_;
    for (char byte : list_) {
      for (unsigned bits = static_cast<unsigned char>(byte); bits != 0; bits &= bits - 1) {
        visit(static_cast<uint32_t>(doc + static_cast<unsigned>(std::countr_zero(bits))), 0u);
      }
      doc += 8;
    }
    return;
  }
  ByteReader reader(list_);
  uint32_t doc = base_doc_;
  for (uint64_t i = 0; i < count_; ++i) {
    const uint64_t head = reader.Varint();
    if (form_ == PostingForm::kDocsOnly) {
      doc += static_cast<uint32_t>(head);
      if (reader.ok()) visit(doc, 0u);
    } else {
      doc += static_cast<uint32_t>(head >> 2);
      uint32_t value = static_cast<uint32_t>(head & 3);
      if (value == kInlineValues) value += static_cast<uint32_t>(reader.Varint());
      if (reader.ok()) visit(doc, value);
    }
  }
  if (!reader.ok() || !reader.at_end()) ok_ = false;
}

}  // namespace sg
