#pragma once
// The products of packed MaxSim with VNNI: four bytes of a row and of a query token at a time.
// Private to core/kernels; tests compare MaxSimPacked with its plain twin.

#include <cstddef>
#include <cstdint>

#include "core/kernels/maxsim.h"

namespace sg::vnni {

constexpr size_t kRows = 4;
constexpr size_t kColumns = 32;  // two registers of 16

// True if this CPU has AVX-512 VNNI. REQUIRED by Tile.
bool Available();

// dots[i, 0..16) and [i, 16..32): the products of row i with query tokens from q0 and from q1, by
// the query's byte_scales. Rows are codes + 128, as many as a multiple of four that is not below D;
// those beyond D may be anything.
void Tile(const MaxSimQuery& query, const uint8_t* const (&rows)[kRows], size_t q0, size_t q1,
          float (&dots)[kRows][kColumns]);

}  // namespace sg::vnni
