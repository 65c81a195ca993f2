// The blobs of the index from hostile bytes: facts of a file, blocks of posting lists, texts.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "index/store/facts_codec.h"
#include "index/store/posting_codec.h"
#include "index/store/text_codec.h"

namespace {

// What decodes must encode to something that decodes to the same.
void Facts(std::string_view bytes) {
  sg::FileRecord record;
  if (!sg::DecodeFacts(bytes, &record).ok()) return;
  sg::FileRecord again;
  const std::string encoded = sg::EncodeFacts(record);
  if (!sg::DecodeFacts(encoded, &again).ok() || sg::EncodeFacts(again) != encoded) std::abort();
}

void Postings(sg::PostingForm form, std::string_view bytes) {
  sg::PostingBlockReader reader(form, /*base_doc=*/1, /*first_key=*/7, bytes);
  std::vector<sg::Posting> postings;
  while (reader.Next()) reader.Read(&postings);
  if (postings.size() > bytes.size() * 8) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: Facts(bytes); break;
    case 1: Postings(sg::PostingForm::kValues, bytes); break;
    case 2: Postings(sg::PostingForm::kDocsOnly, bytes); break;
    default: static_cast<void>(sg::TextCodec("").Decompress(bytes, data[0] * size_t{64}).ok());
  }
  return 0;
}
