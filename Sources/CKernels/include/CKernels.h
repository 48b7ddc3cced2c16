#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stdint.h>

/// Whether this CPU has what KernelsSIMD is compiled for (AVX2, FMA, F16C; on arm64 NEON).
static inline bool kernels_simd_supported(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("x86-64-v3");
#elif defined(__aarch64__)
  return true;
#else
  return false;
#endif
}

#endif
