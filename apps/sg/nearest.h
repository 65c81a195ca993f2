#pragma once
// Spelling help: the known word that an unknown one was probably meant to be. Pure.

#include <optional>
#include <span>
#include <string_view>

namespace sg {

// Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
// (optimal string alignment distance). O(|a| * |b|).
size_t EditDistance(std::string_view a, std::string_view b);

// The nearest of `known` within one edit, or two for words of five letters and more; nullopt if
// none. Ties go to the first.
std::optional<std::string_view> NearestWord(std::string_view word,
                                            std::span<const std::string_view> known);

}  // namespace sg
