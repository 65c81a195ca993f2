#include "apps/sg/heap.h"

#include <cstdlib>  // any header of the C library defines __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#endif

namespace sg {

#ifdef __GLIBC__

namespace {

// Address space, not memory: what is not touched costs nothing. A search of 1,000,000 chunks fits.
constexpr int kHeapBytes = 192 << 20;
// The most that glibc takes (half of HEAP_MAX_SIZE).
constexpr int kLargestThresholdBytes = 32 << 20;
constexpr uintptr_t kLargePageBytes = uintptr_t{2} << 20;

uintptr_t RoundUp(uintptr_t address) {
  return (address + kLargePageBytes - 1) & ~(kLargePageBytes - 1);
}

}  // namespace

void PrepareHeapForShortRun() {
  mallopt(M_ARENA_MAX, 1);  // the few threads of a search share this heap
  mallopt(M_MMAP_THRESHOLD, kLargestThresholdBytes);
  // Never: what starting has left free below may join the range and make it larger than itself, and
  // with kHeapBytes as the threshold all of it was then given back.
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, kHeapBytes);
  const auto before = reinterpret_cast<uintptr_t>(sbrk(0));
  // More than what is left of the heap that starting has used, so that it grows by the pad.
  void* volatile block = std::malloc(size_t{1} << 20);  // volatile: else the pair is optimised away
  std::free(block);
  const auto after = reinterpret_cast<uintptr_t>(sbrk(0));
  mallopt(M_TOP_PAD, static_cast<int>(kLargePageBytes));
  const uintptr_t begin = RoundUp(before);
  if (after <= before || after <= begin) return;  // another allocator, or no room to grow
  // A refusal leaves small pages.
  (void)madvise(reinterpret_cast<void*>(begin), after - begin, MADV_HUGEPAGE);
}

#else

void PrepareHeapForShortRun() {}

#endif

}  // namespace sg
