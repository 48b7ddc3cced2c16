// Eight numbers of single precision at a time. Swift's SIMD8<Float> is the same type, but its own
// conversions are calls, and its fused multiply-add is one call a lane where the CPU is old.
#ifndef CKERNELS_FLOATS_H
#define CKERNELS_FLOATS_H

#include <stdint.h>

#if defined(__AVX2__) || defined(__ARM_NEON)

#if defined(__AVX2__)
#include <immintrin.h>
#else
#include <arm_neon.h>
#endif

#define KERNEL static inline __attribute__((always_inline))

typedef float floats8 __attribute__((ext_vector_type(8)));
typedef float floats4 __attribute__((ext_vector_type(4)));
typedef int32_t ints8 __attribute__((ext_vector_type(8)));
typedef uint32_t bits8 __attribute__((ext_vector_type(8)));

// The same in memory, where they lie at any address and may be seen as another type.
typedef floats4 floats4_anywhere __attribute__((aligned(1), may_alias));
typedef floats8 floats8_anywhere __attribute__((aligned(1), may_alias));
typedef bits8 bits8_anywhere __attribute__((aligned(1), may_alias));

/// Asks for the memory at `p`, which need not be anybody's.
KERNEL void prefetch(const void *p) { __builtin_prefetch(p); }

KERNEL floats8 f8_load(const void *p) { return *(const floats8_anywhere *)p; }
KERNEL void f8_store(void *p, floats8 x) { *(floats8_anywhere *)p = x; }
KERNEL floats8 f8_all(float x) { return (floats8)(x); }
KERNEL floats8 f8_add(floats8 a, floats8 b) { return a + b; }
KERNEL floats8 f8_subtract(floats8 a, floats8 b) { return a - b; }
KERNEL floats8 f8_multiply(floats8 a, floats8 b) { return a * b; }
KERNEL floats8 f8_divide(floats8 a, floats8 b) { return a / b; }

/// a * b + c, rounded once.
KERNEL floats8 f8_fma(floats8 a, floats8 b, floats8 c) {
  return __builtin_elementwise_fma(a, b, c);
}

/// c - a * b, rounded once.
KERNEL floats8 f8_less(floats8 a, floats8 b, floats8 c) {
  return __builtin_elementwise_fma(-a, b, c);
}

/// The larger of each; `b` where either is NaN.
KERNEL floats8 f8_max(floats8 a, floats8 b) {
#if defined(__AVX2__)
  return _mm256_max_ps(a, b);
#else
  return a > b ? a : b;
#endif
}

KERNEL floats8 f8_min(floats8 a, floats8 b) {
#if defined(__AVX2__)
  return _mm256_min_ps(a, b);
#else
  return a < b ? a : b;
#endif
}

/// Pairs (x, y), (z, w) ... turned around: (y, x), (w, z) ...
KERNEL floats8 f8_pairs_swapped(floats8 x) {
  return __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
}

/// Each of four numbers at `p` twice.
KERNEL floats8 f8_load_twice(const void *p) {
  floats4 x = *(const floats4_anywhere *)p;
  return __builtin_shufflevector(x, x, 0, 0, 1, 1, 2, 2, 3, 3);
}

/// Signs of the even lanes turned.
KERNEL floats8 f8_even_negated(floats8 x) {
  const bits8 signs = {0x80000000u, 0, 0x80000000u, 0, 0x80000000u, 0, 0x80000000u, 0};
  return (floats8)((bits8)x ^ signs);
}

KERNEL float f8_sum(floats8 x) {
  floats4 four = x.lo + x.hi;
  return (four.x + four.z) + (four.y + four.w);
}

/// The sums of four, in order.
KERNEL floats4 f8_sums4(floats8 a, floats8 b, floats8 c, floats8 d) {
  floats4 p = a.lo + a.hi, q = b.lo + b.hi, r = c.lo + c.hi, s = d.lo + d.hi;
  // As in f8_sum: first and third, second and fourth, then these two.
  floats4 pq = __builtin_shufflevector(p, q, 0, 1, 4, 5) + __builtin_shufflevector(p, q, 2, 3, 6, 7);
  floats4 rs = __builtin_shufflevector(r, s, 0, 1, 4, 5) + __builtin_shufflevector(r, s, 2, 3, 6, 7);
  return __builtin_shufflevector(pq, rs, 0, 2, 4, 6) + __builtin_shufflevector(pq, rs, 1, 3, 5, 7);
}

KERNEL floats4 f4_load(const void *p) { return *(const floats4_anywhere *)p; }
KERNEL void f4_store(void *p, floats4 x) { *(floats4_anywhere *)p = x; }

KERNEL floats4 f4_multiply(floats4 x, float by) { return x * by; }

/// The first `count` of four, or all.
KERNEL void f4_store_some(float *p, floats4 x, intptr_t count) {
  if (count > 3) {
    f4_store(p, x);
    return;
  }
  if (count > 0) p[0] = x.x;
  if (count > 1) p[1] = x.y;
  if (count > 2) p[2] = x.z;
}

/// Adds `x` to the first lane.
KERNEL floats8 f8_add_first(floats8 sums, float x) {
  sums.x += x;
  return sums;
}

/// Four halves, one at each address, widened.
KERNEL floats4 f4_halves(const void *a, const void *b, const void *c, const void *d) {
#if defined(__AVX2__)
  uint16_t p, q, r, s;
  __builtin_memcpy(&p, a, 2);
  __builtin_memcpy(&q, b, 2);
  __builtin_memcpy(&r, c, 2);
  __builtin_memcpy(&s, d, 2);
  // By way of a general register: its instructions are free where those of vectors are not.
  uint64_t all = p | (uint64_t)q << 16 | (uint64_t)r << 32 | (uint64_t)s << 48;
  return _mm_cvtph_ps(_mm_cvtsi64_si128((long long)all));
#else
  __fp16 halves[4];
  __builtin_memcpy(halves, a, 2);
  __builtin_memcpy(halves + 1, b, 2);
  __builtin_memcpy(halves + 2, c, 2);
  __builtin_memcpy(halves + 3, d, 2);
  return vcvt_f32_f16(vld1_f16(halves));
#endif
}

/// The same, multiplied by `x`, to `to`.
KERNEL void f4_store_scales(
    float *to, const void *a, const void *b, const void *c, const void *d, float x) {
  f4_store(to, f4_halves(a, b, c, d) * x);
}

/// The same, each multiplied by one of the four numbers at `x`.
KERNEL void f4_store_scales_each(
    float *to, const void *a, const void *b, const void *c, const void *d, const float *x) {
  f4_store(to, f4_halves(a, b, c, d) * f4_load(x));
}

KERNEL float f8_largest(floats8 x) {
  floats4 four = x.lo > x.hi ? x.lo : x.hi;
  float a = four.x > four.z ? four.x : four.z;
  float b = four.y > four.w ? four.y : four.w;
  return a > b ? a : b;
}

/// A bit for each lane of `a` that is larger than that of `b`, lane 0 lowest.
KERNEL uint32_t f8_mask_larger(floats8 a, floats8 b) {
#if defined(__AVX2__)
  return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ));
#else
  const bits8 weights = {1, 2, 4, 8, 16, 32, 64, 128};
  bits8 chosen = (bits8)(a > b) & weights;
  return vaddvq_u32(chosen.lo) + vaddvq_u32(chosen.hi);
#endif
}

/// Magnitudes as bit patterns, in which order they sort as numbers and NaNs come last.
KERNEL bits8 f8_magnitude(floats8 x) { return (bits8)x & 0x7FFFFFFFu; }
KERNEL bits8 b8_zero(void) { return (bits8)(0); }
KERNEL bits8 b8_max(bits8 a, bits8 b) { return __builtin_elementwise_max(a, b); }
KERNEL uint32_t b8_largest(bits8 x) {
#if defined(__AVX2__)
  return __builtin_reduce_max(x);
#else
  return vmaxvq_u32(__builtin_elementwise_max(x.lo, x.hi));
#endif
}

/// To the nearest whole number, of two the even one.
KERNEL ints8 f8_rounded(floats8 x) {
#if defined(__AVX2__)
  return (ints8)_mm256_cvtps_epi32(x);
#else
  ints8 out;
  out.lo = vcvtnq_s32_f32(x.lo);
  out.hi = vcvtnq_s32_f32(x.hi);
  return out;
#endif
}

KERNEL floats8 i8_floats(ints8 x) { return __builtin_convertvector(x, floats8); }

/// Eight halves at `p`, widened; exact.
KERNEL floats8 f8_load_halves(const void *p) {
#if defined(__AVX2__)
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
#else
  float16x8_t halves = vreinterpretq_f16_u8(vld1q_u8((const uint8_t *)p));
  floats8 out;
  out.lo = vcvt_f32_f16(vget_low_f16(halves));
  out.hi = vcvt_high_f32_f16(halves);
  return out;
#endif
}

/// Rounded to nearest, ties to even.
KERNEL void f8_store_halves(void *p, floats8 x) {
#if defined(__AVX2__)
  _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
#else
  float16x8_t halves = vcvt_high_f16_f32(vcvt_f16_f32(x.lo), x.hi);
  vst1q_u8((uint8_t *)p, vreinterpretq_u8_f16(halves));
#endif
}

KERNEL float f1_load_half(const void *p) {
  uint16_t bits;
  __builtin_memcpy(&bits, p, 2);
#if defined(__AVX2__)
  return _cvtsh_ss(bits);
#else
  __fp16 half;
  __builtin_memcpy(&half, &bits, 2);
  return (float)half;
#endif
}

/// Rounded to half precision, ties to even, and widened again.
KERNEL float f1_rounded_to_half(float x) {
#if defined(__AVX2__)
  return _cvtsh_ss(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT));
#else
  return (float)(__fp16)x;
#endif
}

KERNEL uint16_t f1_half(float x) {
#if defined(__AVX2__)
  return _cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT);
#else
  __fp16 half = (__fp16)x;
  uint16_t bits;
  __builtin_memcpy(&bits, &half, 2);
  return bits;
#endif
}

KERNEL float f1_fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
KERNEL float f8_first(floats8 x) { return x.x; }

/// Eight bfloat16 numbers at `p`, widened; exact.
KERNEL floats8 f8_load_bfloats(const void *p) {
  typedef uint16_t words8 __attribute__((ext_vector_type(8)));
  typedef words8 words8_anywhere __attribute__((aligned(1), may_alias));
  bits8 bits = __builtin_convertvector(*(const words8_anywhere *)p, bits8);
  return (floats8)(bits << 16);
}

/// Rounded to bfloat16, ties to even, and widened again; a NaN turns quiet.
KERNEL floats8 f8_rounded_to_bfloat(floats8 x) {
  bits8 bits = (bits8)x;
  bits8 nearest = bits + 0x7FFFu + (bits >> 16 & 1u);
  bits8 chosen = (bits8)(x != x) ? bits | 0x400000u : nearest;
  return (floats8)(chosen & 0xFFFF0000u);
}

KERNEL float f1_rounded_to_bfloat(float x) { return f8_first(f8_rounded_to_bfloat(f8_all(x))); }

KERNEL floats8 f8_rounded_to_halves(floats8 x) {
#if defined(__AVX2__)
  return _mm256_cvtph_ps(_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
#else
  floats8 out;
  out.lo = vcvt_f32_f16(vcvt_f16_f32(x.lo));
  out.hi = vcvt_f32_f16(vcvt_f16_f32(x.hi));
  return out;
#endif
}

/// e to the `x`, to 1.2e-7 of the result; below 2e-38 it is 0, above 88.7 infinity, of NaN NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2: e^r is a polynomial of degree 6 (the largest relative error
/// made least, 3e-9), and n goes to the exponent. Adding 1.5 * 2^23 rounds to n, and leaves n in the
/// low bits. ln 2 comes in two parts, the first with zeros at its end, so that n times it is exact.
KERNEL floats8 f8_exp(floats8 x) {
#if defined(__AVX2__)
  x = _mm256_min_ps(f8_all(88.8f), _mm256_max_ps(f8_all(-87.33f), x));
#else
  x = x < -87.33f ? (floats8)(-87.33f) : x;
  x = x > 88.8f ? (floats8)(88.8f) : x;
#endif
  const float magic = 12582912.0f;
  floats8 shifted = f8_fma(x, f8_all(0x1.715476p+0f), f8_all(magic));
  floats8 n = shifted - magic;
  floats8 r = f8_less(n, f8_all(0x1.62e4p-1f), x);
  r = f8_less(n, f8_all(0x1.7f7d1cp-20f), r);
  floats8 p = f8_all(0x1.6a2256p-10f);
  p = f8_fma(p, r, f8_all(0x1.123b02p-7f));
  p = f8_fma(p, r, f8_all(0x1.5558f8p-5f));
  p = f8_fma(p, r, f8_all(0x1.555490p-3f));
  p = f8_fma(p, r, f8_all(0x1.fffffcp-2f));
  p = f8_fma(p, r, f8_all(1.0f));
  p = f8_fma(p, r, f8_all(1.0f));
  // Half of 2^n, because 2^128 is no number while e^88.7 is one; with n = -126 this is 0.
  bits8 power = ((bits8)shifted << 23) + (126u << 23);
  p = p * (floats8)power;
  return p + p;
}

/// Turns eight rows of eight numbers into columns: `to[stride * i + j]` is lane `i` of row `j`.
KERNEL void f8_store_transposed(
    float *to, intptr_t stride, floats8 a, floats8 b, floats8 c, floats8 d, floats8 e, floats8 f,
    floats8 g, floats8 h) {
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(x, y) __builtin_shufflevector(x, y, 2, 10, 3, 11, 6, 14, 7, 15)
  floats8 ab0 = LOW(a, b), ab1 = HIGH(a, b), cd0 = LOW(c, d), cd1 = HIGH(c, d);
  floats8 ef0 = LOW(e, f), ef1 = HIGH(e, f), gh0 = LOW(g, h), gh1 = HIGH(g, h);
#undef LOW
#undef HIGH
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH(x, y) __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15)
  floats8 p0 = LOW(ab0, cd0), p1 = HIGH(ab0, cd0), p2 = LOW(ab1, cd1), p3 = HIGH(ab1, cd1);
  floats8 q0 = LOW(ef0, gh0), q1 = HIGH(ef0, gh0), q2 = LOW(ef1, gh1), q3 = HIGH(ef1, gh1);
#undef LOW
#undef HIGH
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH(x, y) __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15)
  f8_store(to, LOW(p0, q0));
  f8_store(to + stride, LOW(p1, q1));
  f8_store(to + 2 * stride, LOW(p2, q2));
  f8_store(to + 3 * stride, LOW(p3, q3));
  f8_store(to + 4 * stride, HIGH(p0, q0));
  f8_store(to + 5 * stride, HIGH(p1, q1));
  f8_store(to + 6 * stride, HIGH(p2, q2));
  f8_store(to + 7 * stride, HIGH(p3, q3));
#undef LOW
#undef HIGH
}

typedef double doubles4 __attribute__((ext_vector_type(4)));

/// Adds `x` times `by` to the eight numbers at `to`.
KERNEL void d8_add_products(double *to, floats8 x, double by) {
  typedef doubles4 doubles4_anywhere __attribute__((aligned(8), may_alias));
  doubles4_anywhere *p = (doubles4_anywhere *)to;
  p[0] = __builtin_elementwise_fma(__builtin_convertvector(x.lo, doubles4), (doubles4)(by), p[0]);
  p[1] = __builtin_elementwise_fma(__builtin_convertvector(x.hi, doubles4), (doubles4)(by), p[1]);
}

/// The eight numbers at `p`, rounded to single precision.
KERNEL floats8 f8_load_doubles(const double *p) {
  typedef doubles4 doubles4_anywhere __attribute__((aligned(8), may_alias));
  const doubles4_anywhere *four = (const doubles4_anywhere *)p;
  floats8 out;
  out.lo = __builtin_convertvector(four[0], floats4);
  out.hi = __builtin_convertvector(four[1], floats4);
  return out;
}

// Room on the stack for a few rows of weights, unpacked; Swift has no arrays there yet. In two
// steps, because Swift sees an array as a tuple.
typedef struct {
  uint64_t words[128];
} kernels_kilobyte;
typedef struct {
  kernels_kilobyte kilobytes[16];
} kernels_room;

#endif
#endif
