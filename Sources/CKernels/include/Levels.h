// Products of whole numbers: weights and activations as levels of a block's scale.
#ifndef CKERNELS_LEVELS_H
#define CKERNELS_LEVELS_H

#include "Floats.h"

#if defined(__AVX2__) || defined(__ARM_NEON)

typedef int8_t bytes32 __attribute__((ext_vector_type(32)));
typedef int8_t bytes16 __attribute__((ext_vector_type(16)));
typedef int8_t bytes8 __attribute__((ext_vector_type(8)));
typedef bytes32 bytes32_anywhere __attribute__((aligned(1), may_alias));
typedef bytes16 bytes16_anywhere __attribute__((aligned(1), may_alias));

KERNEL ints8 i8_zero(void) { return (ints8)(0); }
KERNEL ints8 i8_add(ints8 a, ints8 b) { return a + b; }
KERNEL bytes32 b32_load(const void *p) { return *(const bytes32_anywhere *)p; }
KERNEL void b32_store(void *p, bytes32 x) { *(bytes32_anywhere *)p = x; }
KERNEL bytes32 b32_all(int8_t x) { return (bytes32)(x); }
KERNEL bytes32 b32_subtract(bytes32 x, int8_t amount) { return x - amount; }

/// The same four levels eight times.
KERNEL bytes32 b32_repeat4(const void *p) {
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  return (bytes32)(ints8)(four);
}

/// Adds the products of each four neighbours to the lane that has their place.
///
/// Exact for weights of all 256 levels and activations in -127...127.
KERNEL ints8 i8_add_products(ints8 sum, bytes32 w, bytes32 x) {
#if defined(__AVX2__)
  // There is a product of unsigned with signed bytes only: the sign of w goes to x.
  __m256i magnitude = _mm256_abs_epi8((__m256i)w);
  __m256i pairs = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8((__m256i)x, (__m256i)w));
  return sum + (ints8)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#elif defined(__ARM_FEATURE_DOTPROD)
  sum.lo = vdotq_s32(sum.lo, w.lo, x.lo);
  sum.hi = vdotq_s32(sum.hi, w.hi, x.hi);
  return sum;
#else
  int32x4_t a = vpaddlq_s16(vmull_s8(vget_low_s8(w.lo), vget_low_s8(x.lo)));
  int32x4_t b = vpaddlq_s16(vmull_high_s8(w.lo, x.lo));
  int32x4_t c = vpaddlq_s16(vmull_s8(vget_low_s8(w.hi), vget_low_s8(x.hi)));
  int32x4_t d = vpaddlq_s16(vmull_high_s8(w.hi, x.hi));
  sum.lo += vpaddq_s32(a, b);
  sum.hi += vpaddq_s32(c, d);
  return sum;
#endif
}

// Weights that are never negative and small need no sign, and their sums stay in 16 bits for a
// while: `short_sum` counts the products of up to 4 calls with levels to 31, of 2 to 63.
#if defined(__AVX2__)
typedef int16_t short_sum __attribute__((ext_vector_type(16)));
KERNEL short_sum s_products(bytes32 w, bytes32 x) {
  return (short_sum)_mm256_maddubs_epi16((__m256i)w, (__m256i)x);
}
KERNEL short_sum s_add(short_sum a, short_sum b) { return a + b; }
KERNEL ints8 s_ints(short_sum s) {
  return (ints8)_mm256_madd_epi16((__m256i)s, _mm256_set1_epi16(1));
}
#else
typedef ints8 short_sum;
KERNEL short_sum s_products(bytes32 w, bytes32 x) { return i8_add_products(i8_zero(), w, x); }
KERNEL short_sum s_add(short_sum a, short_sum b) { return a + b; }
KERNEL ints8 s_ints(short_sum s) { return s; }
#endif

// Where the product of bytes wants three instructions (see above), that of 16-bit numbers is one for
// half as many: as fast where these are few and their sum, and no sign to move.
typedef int16_t words8 __attribute__((ext_vector_type(8)));
typedef int16_t words16 __attribute__((ext_vector_type(16)));
typedef words16 words16_anywhere __attribute__((aligned(1), may_alias));

KERNEL words16 w16_load(const void *p) { return *(const words16_anywhere *)p; }
KERNEL void w16_store(void *p, words16 x) { *(words16_anywhere *)p = x; }

/// Sixteen levels at `p`, as 16-bit numbers.
KERNEL words16 w16_load_bytes(const void *p) {
  return __builtin_convertvector(*(const bytes16_anywhere *)p, words16);
}

/// The same two numbers eight times.
KERNEL words16 w16_repeat2(const void *p) {
  int32_t two;
  __builtin_memcpy(&two, p, 4);
  return (words16)(ints8)(two);
}

/// Adds the products of each two neighbours to the lane that has their place.
KERNEL ints8 i8_add_pairs(ints8 sum, words16 w, words16 x) {
#if defined(__AVX2__)
  return sum + (ints8)_mm256_madd_epi16((__m256i)w, (__m256i)x);
#else
  sum.lo += vpaddq_s32(
      vmull_s16(vget_low_s16(w.lo), vget_low_s16(x.lo)), vmull_high_s16(w.lo, x.lo));
  sum.hi += vpaddq_s32(
      vmull_s16(vget_low_s16(w.hi), vget_low_s16(x.hi)), vmull_high_s16(w.hi, x.hi));
  return sum;
#endif
}

/// Eight rows of 16-bit numbers as pairs: pair `i` of row `r` goes to `to + 64 * i + 4 * r`.
KERNEL void w16_store_transposed(
    void *to, words16 a, words16 b, words16 c, words16 d, words16 e, words16 f, words16 g,
    words16 h) {
  f8_store_transposed(
      (float *)to, 16, (floats8)a, (floats8)b, (floats8)c, (floats8)d, (floats8)e, (floats8)f,
      (floats8)g, (floats8)h);
}

/// The first 16 of 32 levels as 16-bit numbers, and the last.
KERNEL words16 b32_words0(bytes32 x) { return __builtin_convertvector(x.lo, words16); }
KERNEL words16 b32_words1(bytes32 x) { return __builtin_convertvector(x.hi, words16); }

/// Sums of the first and of the last 16 levels.
KERNEL void b32_sums(bytes32 x, int32_t *first, int32_t *last) {
  ints8 sums = s_ints(s_products(b32_all(1), x));
  sums += __builtin_shufflevector(sums, sums, 2, 3, 0, 1, 6, 7, 4, 5);
  sums += __builtin_shufflevector(sums, sums, 1, 0, 3, 2, 5, 4, 7, 6);
  *first = sums[0];
  *last = sums[4];
}

/// Eight rows of levels as groups of four: group `g` of row `r` goes to `to + 32 * g + 4 * r`.
KERNEL void b32_store_transposed(
    void *to, bytes32 a, bytes32 b, bytes32 c, bytes32 d, bytes32 e, bytes32 f, bytes32 g,
    bytes32 h) {
  f8_store_transposed(
      (float *)to, 8, (floats8)a, (floats8)b, (floats8)c, (floats8)d, (floats8)e, (floats8)f,
      (floats8)g, (floats8)h);
}

/// Four times eight whole numbers that fit in bytes, as bytes.
KERNEL bytes32 b32_narrow(ints8 a, ints8 b, ints8 c, ints8 d) {
#if defined(__AVX2__)
  // Packing works in each half of a register by itself; the last step puts that right.
  __m256i ab = _mm256_packs_epi32((__m256i)a, (__m256i)b);
  __m256i cd = _mm256_packs_epi32((__m256i)c, (__m256i)d);
  const ints8 order = {0, 4, 1, 5, 2, 6, 3, 7};
  return (bytes32)_mm256_permutevar8x32_epi32(_mm256_packs_epi16(ab, cd), (__m256i)order);
#else
  bytes32 out;
  out.lo.lo = __builtin_convertvector(a, bytes8);
  out.lo.hi = __builtin_convertvector(b, bytes8);
  out.hi.lo = __builtin_convertvector(c, bytes8);
  out.hi.hi = __builtin_convertvector(d, bytes8);
  return out;
#endif
}

/// Levels 8 * `n` to 8 * `n` + 7 as numbers.
KERNEL floats8 b32_floats0(bytes32 x) { return __builtin_convertvector(x.lo.lo, floats8); }
KERNEL floats8 b32_floats1(bytes32 x) { return __builtin_convertvector(x.lo.hi, floats8); }
KERNEL floats8 b32_floats2(bytes32 x) { return __builtin_convertvector(x.hi.lo, floats8); }
KERNEL floats8 b32_floats3(bytes32 x) { return __builtin_convertvector(x.hi.hi, floats8); }

// 32 levels out of a block of each type; `run` counts them by 32 in a block of 256.

KERNEL bytes32 q8_0_levels(const void *at) { return b32_load((const uint8_t *)at + 2); }

/// In 0...15: 8 too large.
KERNEL bytes32 q4_0_levels(const void *at) {
  const uint8_t *block = (const uint8_t *)at;
  bytes16 both = *(const bytes16_anywhere *)(block + 2);
  bytes32 out;
  out.lo = both & 15;
  out.hi = (both >> 4) & 15;
  return out;
}

/// 16 where bit `n` of the four bytes at `p` is set, in place `n`.
KERNEL bytes32 b32_fifth_bits(const void *p) {
  // Byte n / 8 in each place, then its bit n % 8.
  bytes32 four = b32_repeat4(p);
  bytes32 chosen = __builtin_shufflevector(
      four, four, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19,
      19, 19, 19, 19, 19, 19, 19);
  const bytes32 bits = {1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128,
                        1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128};
  return (bytes32)((chosen & bits) != 0) & 16;
}

/// In 0...31: 16 too large.
KERNEL bytes32 q5_0_levels(const void *at) {
  const uint8_t *block = (const uint8_t *)at;
  return q4_0_levels(block + 4) | b32_fifth_bits(block + 2);
}

/// In 0...31.
KERNEL bytes32 q5_1_levels(const void *at) {
  const uint8_t *block = (const uint8_t *)at;
  return q4_0_levels(block + 6) | b32_fifth_bits(block + 4);
}

KERNEL bytes32 q4_K_levels(const void *at, intptr_t run) {
  const uint8_t *block = (const uint8_t *)at;
  bytes32 both = b32_load(block + 16 + 32 * (run >> 1));
  return (bytes32)((bits8)both >> (uint32_t)(4 * (run & 1))) & 15;
}

KERNEL bytes32 q5_K_levels(const void *at, intptr_t run) {
  const uint8_t *block = (const uint8_t *)at;
  bytes32 both = b32_load(block + 48 + 32 * (run >> 1));
  bytes32 low = (bytes32)((bits8)both >> (uint32_t)(4 * (run & 1))) & 15;
  bytes32 high = (bytes32)((bits8)b32_load(block + 16) >> (uint32_t)run) & 1;
  return low | (bytes32)((bits8)high << 4);
}

/// In 0...63: 32 too large.
KERNEL bytes32 q6_K_levels(const void *at, intptr_t run) {
  const uint8_t *block = (const uint8_t *)at;
  intptr_t half = run >> 2, quarter = run & 3;
  bytes32 both = b32_load(block + 64 * half + 32 * (quarter & 1));
  bytes32 low = (bytes32)((bits8)both >> (uint32_t)(4 * (quarter >> 1))) & 15;
  bytes32 pairs = b32_load(block + 128 + 32 * half);
  bytes32 high = (bytes32)((bits8)pairs >> (uint32_t)(2 * quarter)) & 3;
  return low | (bytes32)((bits8)high << 4);
}

/// The eight scales (low half) and eight minima (high half) of Q4_K and Q5_K, 6 bits each.
typedef struct {
  uint64_t scales, minima;
} k_scales;

KERNEL k_scales k_scales_load(const void *at) {
  const uint8_t *block = (const uint8_t *)at;
  uint32_t a, b, c;
  __builtin_memcpy(&a, block + 4, 4);
  __builtin_memcpy(&b, block + 8, 4);
  __builtin_memcpy(&c, block + 12, 4);
  const uint32_t six = 0x3F3F3F3F, four = 0x0F0F0F0F, two = 0x03030303;
  k_scales out;
  out.scales = (a & six) | (uint64_t)((c & four) | ((a >> 6) & two) << 4) << 32;
  out.minima = (b & six) | (uint64_t)(((c >> 4) & four) | ((b >> 6) & two) << 4) << 32;
  return out;
}

/// Two scales for each of eight parts of a block, of its first and of its last 16 levels: those of
/// Q4_K and Q5_K, where the two are one.
KERNEL words16 k_scales_words(uint64_t scales) {
  typedef uint8_t octets8 __attribute__((ext_vector_type(8)));
  octets8 bytes;
  __builtin_memcpy(&bytes, &scales, 8);
  words8 words = __builtin_convertvector(bytes, words8);
  words16 out;
  out.lo = words;
  out.hi = words;
  return out;
}

/// Those of Q6_K.
KERNEL words16 q6_K_scales_words(const void *at) {
  bytes16 bytes = *(const bytes16_anywhere *)((const uint8_t *)at + 192);
  bytes16 turned = __builtin_shufflevector(
      bytes, bytes, 0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
  return __builtin_convertvector(turned, words16);
}

/// Adds what was counted in a part, times its scales.
KERNEL ints8 i8_add_scaled(ints8 sum, short_sum s, words16 scales, intptr_t part) {
#if defined(__AVX2__)
  // Chooses the two bytes of one word for all places of its half.
  __m256i chosen = _mm256_shuffle_epi8(
      (__m256i)scales, _mm256_set1_epi16((short)(0x0100 + 0x0202 * part)));
  return sum + (ints8)_mm256_madd_epi16((__m256i)s, chosen);
#else
  int16_t words[16];
  __builtin_memcpy(words, &scales, 32);
  sum.lo += s.lo * words[part];
  sum.hi += s.hi * words[8 + part];
  return sum;
#endif
}

/// The eight bytes of `x` as numbers.
KERNEL floats8 u64_floats(uint64_t x) {
  typedef uint8_t octets8 __attribute__((ext_vector_type(8)));
  octets8 bytes;
  __builtin_memcpy(&bytes, &x, 8);
  return __builtin_convertvector(bytes, floats8);
}

/// Eight signed bytes at `p` as numbers.
KERNEL floats8 f8_load_bytes(const void *p) {
  bytes8 bytes;
  __builtin_memcpy(&bytes, p, 8);
  return __builtin_convertvector(bytes, floats8);
}

#endif
#endif
