#pragma once
// Byte counts, durations and counts as people write and read them. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

// "512", "64K", "64KB", "1.5G": powers of 1,024. kInvalidArgument otherwise, or for more than 2^50.
Result<uint64_t> ParseSize(std::string_view text);

// "980 B", "1.2 KB", "34 MB": two digits where it matters; powers of 1,024.
std::string FormatSize(uint64_t bytes);

// "1,234,567".
std::string FormatCount(uint64_t count);

// "0.42 s", "12 s", "3 min 05 s", "2 h 10 min".
std::string FormatDuration(double seconds);

// "1 file", "1,234 files"; `noun` in the singular.
std::string Counted(uint64_t count, std::string_view noun);

}  // namespace sg
