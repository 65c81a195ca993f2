// SentencePiece model files and charsmaps of anybody (core/text/sentencepiece_model.h, charsmap.h).

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text/charsmap.h"
#include "core/text/normalizer.h"
#include "core/text/sentencepiece_model.h"

namespace {

void Normalize(std::string_view charsmap_bytes) {
  const sg::Result<sg::Charsmap> charsmap = sg::Charsmap::Parse(charsmap_bytes);
  if (!charsmap.ok()) return;
  for (const bool hugging_face : {false, true}) {
    const sg::NormalizerPtr normalizer =
        hugging_face ? sg::MakePrecompiled(*charsmap)
                     : sg::MakeSentencePieceNormalizer(*charsmap, sg::SentencePieceOptions());
    sg::AlignedText text("A  ﬁ é\r\nｶﾞ e\u0301 \u00ad ①");
    if (!normalizer->Normalize(&text).ok()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Normalize(bytes);
  const sg::Result<sg::SentencePieceModel> model = sg::ParseSentencePieceModel(bytes);
  if (!model.ok()) {
    if (model.status().message().empty()) std::abort();
    return 0;
  }
  if (model->unk_id >= model->pieces.size()) std::abort();
  Normalize(model->charsmap);
  return 0;
}
