// Words, identifiers and keyword terms of arbitrary bytes (core/text/words.h).

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text/words.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

bool HasUpperAscii(std::string_view word) {
  for (const char c : word) {
    if (c >= 'A' && c <= 'Z') return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string& word : sg::SplitWords(text)) {
    Require(!word.empty() && !HasUpperAscii(word));
    Require(!sg::Stem(word).empty());
    sg::IsStopWord(word);
  }
  for (const std::string_view identifier : sg::SplitIdentifiers(text)) {
    Require(!identifier.empty());
    Require(identifier.data() >= text.data() &&
            identifier.data() + identifier.size() <= text.data() + text.size());
  }
  for (const std::string& term : sg::TextTerms(text)) Require(!term.empty() && term != "=");
  Require(!HasUpperAscii(sg::JoinedWords(text)));
  sg::HasCjk(text);
  return 0;
}
