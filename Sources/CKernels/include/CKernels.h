// What Swift has no words for: SIMD instructions, and what a CPU can do. Nothing but inline
// functions, so that they become part of the Swift loop around them, compiled with its flags.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "Floats.h"
#include "Levels.h"

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

/// Tells the CPU that this is a loop that waits: another thread of the core may go ahead.
static inline void kernels_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

#endif
