// tokenizer.json of anybody on text of anybody (core/text/tokenizer.h): the input is the file, a
// zero byte, and a text to encode. Spans lie inside the text and every token has an id of the
// vocabulary.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t cut = bytes.find('\0');
  const std::string_view text =
      cut == std::string_view::npos ? "The héllo 漢字 [MASK] 12\n" : bytes.substr(cut + 1);
  const auto tokenizer = sg::Tokenizer::FromJson(bytes.substr(0, cut));
  if (!tokenizer.ok()) {
    if (tokenizer.status().message().empty()) std::abort();
    return 0;
  }
  const sg::Result<sg::Encoding> encoding = (*tokenizer)->Encode(text, /*add_special_tokens=*/true);
  if (!encoding.ok()) return 0;
  if (encoding->spans.size() != encoding->size() || encoding->special.size() != encoding->size()) {
    std::abort();
  }
  for (const sg::ByteSpan& span : encoding->spans) {
    if (span.begin > span.end || span.end > text.size()) std::abort();
  }
  return 0;
}
