#pragma once
// The regular expressions, literals and phrases that a chunk must match, on RE2 (linear time
// whatever the input; https://github.com/google/re2). Thread-safe once made.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"

namespace sg {

class TextPattern {
 public:
  struct Options {
    bool literal = false;
    bool whole_words = false;
    bool ignore_case = false;
  };
  // kInvalidArgument names the fault and its position in `pattern`.
  static Result<TextPattern> Compile(const std::string& pattern, const Options& options);
  // A quoted phrase: white space matches any white space, including line ends; case counts only if
  // the phrase has a capital letter.
  static Result<TextPattern> CompilePhrase(const std::string& phrase);

  TextPattern(TextPattern&&) noexcept;
  TextPattern& operator=(TextPattern&&) noexcept;
  ~TextPattern();

  bool Matches(std::string_view text) const;
  // Byte ranges of the non-empty matches in `text`, at most `limit`.
  std::vector<std::pair<uint32_t, uint32_t>> FindAll(std::string_view text, size_t limit) const;

  // Strings of at least three bytes, lower-case, that decide where a match is possible: a text can
  // match only if MayMatch(indices of those that it holds, ignoring ASCII case). Empty: anywhere.
  const std::vector<std::string>& atoms() const;
  bool MayMatch(const std::vector<int>& atoms_present) const;

 private:
  struct Impl;
  explicit TextPattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sg
