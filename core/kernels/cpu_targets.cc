// Which instruction sets Highway may use on this CPU: our own versions of the only two functions of
// libhwy that dynamic dispatch calls. The library measures the CPU's clock when it is loaded, which
// costs every start of the program about 3 ms (libhwy 1.0.3: 3.8 ms of CPU time against 0.9 ms for
// an empty program); linked with --as-needed it is now not loaded at all. Highway's headers are
// used as ever.

#include <hwy/highway.h>
#include <hwy/targets.h>

namespace hwy {
namespace {

#if HWY_ARCH_X86
// Groups as in Highway's own detection. F16C and LZCNT, which it also asks for, are in every CPU
// with AVX2 and FMA. AVX3_DL is left out: nothing here is compiled for it.
int64_t DetectTargets() {
  __builtin_cpu_init();
  int64_t targets = HWY_ENABLED_BASELINE;
  if (!__builtin_cpu_supports("ssse3")) return targets;
  targets |= HWY_SSSE3;
  const bool sse4 = __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2") &&
                    __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
  if (!sse4) return targets;
  targets |= HWY_SSE4;
  const bool avx2 = __builtin_cpu_supports("avx") && __builtin_cpu_supports("avx2") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    __builtin_cpu_supports("fma");
  if (!avx2) return targets;
  targets |= HWY_AVX2;
  const bool avx3 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd");
  return avx3 ? targets | HWY_AVX3 : targets;
}
#else
int64_t DetectTargets() { return HWY_ENABLED_BASELINE; }
#endif

}  // namespace

int64_t SupportedTargets() {
  static const int64_t targets = DetectTargets();
  return targets;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy
