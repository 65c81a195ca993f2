#pragma once
// What split and replace components search for: a literal string, one of the published split
// patterns, or any other regular expression. Immutable, thread-safe.
//
// The patterns of GPT-2, cl100k and Qwen are matched by hand-written code that does exactly what
// the expression says, at hundreds of MB/s; every other expression goes through ICU's engine under
// limits of time and stack. ICU takes Oniguruma's syntax as far as published tokenizers use it; its
// \p{..} follow the installed Unicode version.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

struct Match {
  size_t begin;
  size_t end;
};

class TextPattern {
 public:
  virtual ~TextPattern() = default;
  // Appends the non-overlapping matches in text[begin, end), leftmost first, as positions in
  // `text`. The text outside that range is not looked at. kResourceExhausted when an expression
  // takes too long.
  virtual Status FindAll(std::string_view text, size_t begin, size_t end,
                         std::vector<Match>* matches) const = 0;
};

std::unique_ptr<TextPattern> MakeLiteralPattern(std::string literal);
// GPT-2's expression (OpenAI, encoder.py).
std::unique_ptr<TextPattern> MakeGpt2Pattern();
// kInvalidArgument if the expression does not compile.
Result<std::unique_ptr<TextPattern>> MakeRegexPattern(const std::string& expression);

}  // namespace sg
