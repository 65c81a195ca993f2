#include "index/search/text_pattern.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>

namespace sg {
namespace {

constexpr int kLeastAtomBytes = 3;               // the index knows trigrams
constexpr int64_t kRegexMemoryBytes = 16 << 20;  // bound on the automaton

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

bool HasUpper(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string Quote(std::string_view s) { return RE2::QuoteMeta(Piece(s)); }

// "bad repetition operator: ** at position 3 of 'a***'".
Status PatternError(const std::string& pattern, const std::string& error,
                    const std::string& argument) {
  std::string message = "cannot read the regular expression '" + pattern + "': " + error;
  if (const size_t position = pattern.find(argument);
      !argument.empty() && position != std::string::npos) {
    message += " at position " + std::to_string(position + 1);
  }
  return InvalidArgumentError(message +
                              " (syntax: https://github.com/google/re2/wiki/Syntax; "
                              "-F searches literally)");
}

}  // namespace

struct TextPattern::Impl {
  std::unique_ptr<RE2> regex;
  re2::FilteredRE2 filter{kLeastAtomBytes};
  std::vector<std::string> atoms;
};

TextPattern::TextPattern(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TextPattern::TextPattern(TextPattern&&) noexcept = default;
TextPattern& TextPattern::operator=(TextPattern&&) noexcept = default;
TextPattern::~TextPattern() = default;

Result<TextPattern> TextPattern::Compile(const std::string& pattern, const Options& options) {
  std::string expression = options.literal ? Quote(pattern) : pattern;
  if (options.whole_words) expression = "\\b(?:" + expression + ")\\b";
  RE2::Options settings;
  settings.set_log_errors(false);
  settings.set_case_sensitive(!options.ignore_case);
  settings.set_max_mem(kRegexMemoryBytes);
  // ^ and $ mean the ends of a line, as people expect of a search in text.
  const std::string whole = "(?m)" + expression;
  auto impl = std::make_unique<Impl>();
  // The pattern as written is compiled first, so that a fault is reported in the user's own words
  // and `a)(b` cannot escape from a group of ours.
  if (const RE2 plain(options.literal ? expression : pattern, settings); !plain.ok()) {
    return PatternError(pattern, plain.error(), plain.error_arg());
  }
  impl->regex = std::make_unique<RE2>(whole, settings);
  if (!impl->regex->ok()) {
    return PatternError(pattern, impl->regex->error(), impl->regex->error_arg());
  }
  int id = 0;
  if (impl->filter.Add(Piece(whole), settings, &id) == RE2::NoError) {
    impl->filter.Compile(&impl->atoms);
  }
  return TextPattern(std::move(impl));
}

Result<TextPattern> TextPattern::CompilePhrase(const std::string& phrase) {
  std::string expression;
  for (size_t begin = 0; begin <= phrase.size();) {
    const size_t end = std::min(phrase.find(' ', begin), phrase.size());
    if (begin > 0) expression += "\\s+";
    expression += Quote(std::string_view(phrase).substr(begin, end - begin));
    begin = end + 1;
  }
  return Compile(expression, {.ignore_case = !HasUpper(phrase)});
}

bool TextPattern::Matches(std::string_view text) const {
  return RE2::PartialMatch(Piece(text), *impl_->regex);
}

std::vector<std::pair<uint32_t, uint32_t>> TextPattern::FindAll(std::string_view text,
                                                                size_t limit) const {
  std::vector<std::pair<uint32_t, uint32_t>> found;
  const re2::StringPiece all = Piece(text);
  re2::StringPiece match;
  size_t begin = 0;
  while (begin <= text.size() && found.size() < limit &&
         impl_->regex->Match(all, begin, text.size(), RE2::UNANCHORED, &match, 1)) {
    const size_t at = static_cast<size_t>(match.data() - text.data());
    if (!match.empty()) {
      found.emplace_back(static_cast<uint32_t>(at), static_cast<uint32_t>(at + match.size()));
    }
    begin = match.empty() ? at + 1 : at + match.size();
  }
  return found;
}

const std::vector<std::string>& TextPattern::atoms() const { return impl_->atoms; }

bool TextPattern::MayMatch(const std::vector<int>& atoms_present) const {
  if (impl_->atoms.empty()) return true;
  std::vector<int> regexes;
  impl_->filter.AllPotentials(atoms_present, &regexes);
  return !regexes.empty();
}

}  // namespace sg
