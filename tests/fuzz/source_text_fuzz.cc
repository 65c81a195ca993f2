// A file of arbitrary bytes under a name that its first byte chooses (extract/source_text.h).

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text/unicode.h"
#include "extract/source_text.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::string_view kNames[] = {"a.c", "a.h", "a.md", "a.json", "tool", "a.m", "LICENSE"};
  if (size == 0 || size > 100'000) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const sg::SourceLimits limits{.max_code_bytes = 50'000, .max_text_bytes = 80'000};
  const std::string_view name = kNames[data[0] % std::size(kNames)];
  const sg::SourceOrSkip result = sg::DecodeSource(name, bytes, limits);
  if (result.skipped) {
    Require(result.reason < sg::SkipReason::kCount);
    return 0;
  }
  const sg::SourceText& text = result.text;
  Require(text.language != nullptr && sg::IsValidUtf8(text.utf8));
  Require(text.utf8.find('\r') == std::string::npos && text.utf8.size() <= limits.max_text_bytes);
  size_t covered = 0;
  for (uint32_t line = 1; line <= text.line_count(); ++line) {
    const std::string_view content = text.Lines(line, line);
    Require(!content.empty() && content.data() == text.utf8.data() + covered);
    covered += content.size();
  }
  Require(covered == text.utf8.size());
  return 0;
}
