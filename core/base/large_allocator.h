#pragma once
// An allocator for the weights and the scratch memory of products: arrays of 2 MiB and more begin
// at a huge page and ask for such pages where they are whole, which spares a page walk for every 4
// KiB that is streamed through; others begin at a cache line. Where the kernel's
// transparent_hugepage/enabled says never, nothing else changes. Any thread.

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace sg {

template <typename T>
struct LargeAllocator {
  using value_type = T;

  LargeAllocator() = default;
  template <typename U>
  LargeAllocator(const LargeAllocator<U>&) {}  // NOLINT: containers rebind

  T* allocate(size_t n) {
    const size_t size_bytes = n * sizeof(T);
    void* memory = ::operator new(size_bytes, Alignment(size_bytes));
#ifdef MADV_HUGEPAGE
    if (size_bytes >= kHugePage) {
      ::madvise(memory, size_bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
    }
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t n) { ::operator delete(memory, Alignment(n * sizeof(T))); }
  bool operator==(const LargeAllocator&) const { return true; }

 private:
  static constexpr size_t kHugePage = size_t{2} << 20, kCacheLine = 64;
  static std::align_val_t Alignment(size_t size_bytes) {
    return std::align_val_t{size_bytes >= kHugePage ? kHugePage : kCacheLine};
  }
};

}  // namespace sg
