// An ignore file of arbitrary bytes against arbitrary paths (extract/ignore_rules.h), and the same
// bytes as a git configuration. The input: an ignore file, then one path after each NUL.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "extract/git_layout.h"
#include "extract/ignore_rules.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 20'000) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string rules(input.substr(0, input.find('\0')));
  const sg::IgnoreList list{std::string_view(rules)};
  const sg::IgnoreList then_all{std::string_view(rules + "\n*\n")};
  const sg::IgnoreList then_none{std::string_view(rules + "\n!*\n")};
  std::string_view rest = input.substr(rules.size());
  for (int paths = 0; paths < 20 && rest.size() > 1; ++paths) {
    rest.remove_prefix(1);
    const std::string_view path = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(path.size());
    if (path.empty()) continue;
    const sg::IgnoreDecision file = list.Match(path, /*is_directory=*/false);
    const sg::IgnoreDecision directory = list.Match(path, /*is_directory=*/true);
    // A pattern for files holds for directories too; only the last word may differ.
    if (file != sg::IgnoreDecision::kNone) Require(directory != sg::IgnoreDecision::kNone);
    if (list.empty()) Require(directory == sg::IgnoreDecision::kNone);
    Require(then_all.Match(path, false) == sg::IgnoreDecision::kIgnore);
    Require(then_none.Match(path, false) == sg::IgnoreDecision::kInclude);
  }
  sg::GitConfigValue(input, "core", "excludesfile");
  return 0;
}
