#pragma once
// Patterns of gitignore(5), compiled. The semantics are git's, its corner cases included
// (wildmatch.c and dir.c of git 2.39 define them; tests compare with the git binary). A list is
// immutable: any number of threads may match with it.

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

// What a list of patterns says about a path.
enum class IgnoreDecision {
  kNone,     // no pattern matches
  kIgnore,   // the last matching pattern is a plain one
  kInclude,  // the last matching pattern is a negated one ("!pattern")
};

// One pattern.
class IgnorePattern {
 public:
  // Returns nullopt for a pattern that can never match: empty, an unclosed '[', a trailing '\'.
  // `line` has no line end; comments and trailing spaces are the list's business.
  static std::optional<IgnorePattern> Compile(std::string_view line);

  bool negated() const { return negated_; }

  // `path` is relative to the folder of the pattern's file, `base_name` its last component. O(path
  // * pattern) without "**", O(path^2 * pattern) with it.
  bool Matches(std::string_view path, std::string_view base_name, bool is_directory) const;

 private:
  enum class TokenKind : uint8_t {
    kByte,         // this very byte
    kAnyByte,      // ?
    kSet,          // [...]
    kStar,         // * within a component
    kDirs,         // "**/": no component or any number of them
    kDirsEscaped,  // "**\/": at least one component (a corner of git's matcher)
    kRest,         // "**" at the end: everything that is left
  };
  struct Token {
    TokenKind kind;
    unsigned char byte = 0;  // of kByte
    uint32_t set = 0;        // of kSet: index into sets_
  };
  // How a pattern is compared; most are one of the cheap first two.
  enum class Shape : uint8_t { kLiteral, kSuffix, kGlob };

  bool CompileGlob(std::string_view glob);
  // Reads the set after '[' at glob[*at]; leaves *at behind its ']'. False if it is malformed.
  bool CompileSet(std::string_view glob, size_t* at);
  bool MatchesText(std::string_view text) const;
  bool MatchesTokens(std::string_view text) const;
  bool MatchesByte(const Token& token, char c) const;

  bool negated_ = false;
  bool directory_only_ = false;
  bool whole_path_ = false;  // contains a '/': compared with the path, not with the base name
  Shape shape_ = Shape::kLiteral;
  std::string literal_;  // kLiteral: all of it; kSuffix: after the '*'; kGlob: before the tokens
  std::vector<Token> tokens_;
  std::vector<std::bitset<256>> sets_;
};

// The patterns of one ignore file (or of flags), in order.
class IgnoreList {
 public:
  IgnoreList() = default;
  // Reads the content of an ignore file: comments, "\r\n", trailing spaces, a byte-order mark.
  explicit IgnoreList(std::string_view content);
  // One pattern per string, taken as lines of an ignore file.
  explicit IgnoreList(const std::vector<std::string>& lines);

  bool empty() const { return patterns_.empty(); }

  // `path` is relative to the folder that the list belongs to and never empty.
  IgnoreDecision Match(std::string_view path, bool is_directory) const;

 private:
  void AddLine(std::string_view line);

  std::vector<IgnorePattern> patterns_;
};

}  // namespace sg
