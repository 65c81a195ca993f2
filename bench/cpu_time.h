#pragma once
// What the benchmarks measure with: processor time, to which other work on the machine does not
// count.

#include <algorithm>
#include <ctime>

namespace sg::bench {

// Processor time of this process so far, of all its threads.
inline double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Processor time of the fastest of several runs of `work`.
template <typename Work>
double BestCpuSeconds(int runs, Work work) {
  double best = 1e9;
  for (int run = 0; run < runs; ++run) {
    const double begin = CpuSeconds();
    work();
    best = std::min(best, CpuSeconds() - begin);
  }
  return best;
}

}  // namespace sg::bench
