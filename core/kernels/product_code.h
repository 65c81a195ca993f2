#pragma once
// Finding product codes (Jegou et al. 2011): for each group of neighbouring dimensions the nearest
// of 256 entries. Chosen at run time by CPU (Highway), with a plain twin. Pure functions, callable
// from any thread. Scoring by such codes is in maxsim.h.

#include <cstddef>
#include <cstdint>
#include <span>

namespace sg {

// codes[j] = the number of the entry of book j that is nearest to row[j * group ... + group), the
// first of equals up to rounding. `books` [n, group, 256]: dimension by dimension. REQUIRES:
// row.size() == n * group, codes.size() == n.
void NearestEntries(std::span<const float> books, size_t group, std::span<const float> row,
                    std::span<uint8_t> codes);

namespace plain {
void NearestEntries(std::span<const float> books, size_t group, std::span<const float> row,
                    std::span<uint8_t> codes);
}  // namespace plain

}  // namespace sg
