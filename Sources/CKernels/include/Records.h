// What Kernels and KernelsSIMD hand to each other. Records of C, because of one that Swift declares
// KernelsSIMD would contain `__swift_memcpy40_8` and its like: weak symbols that every module with a
// record of that size has, here with instructions that an old CPU lacks, and the linker keeps one.
#ifndef CKERNELS_RECORDS_H
#define CKERNELS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#define SWIFT_NAME(name) __attribute__((swift_name(#name)))

#pragma clang assume_nonnull begin

/// Activation vectors as the dot products read them; see `Activations` for what each is.
typedef struct {
  intptr_t count, width;
  float *floats;
  int8_t *levels;
  float *scales;
  float *sums16;
  float *sums32;
  int16_t *words;
} kernels_batch SWIFT_NAME(Batch);

/// Rows of weights one under the other, and where their products go: that of row `r` with vector
/// `t` to `out[t * stride + r]`.
typedef struct {
  const void *base;
  intptr_t rowBytes;
  intptr_t count;
  float *out;
  intptr_t stride;
} kernels_rows SWIFT_NAME(Rows);

/// Where a few rows are, the last of them number `last`.
typedef struct {
  const void *base;
  intptr_t rowBytes;
  intptr_t last;
} kernels_few_rows SWIFT_NAME(FewRows);

/// Sums over some logits, by their distances to the largest of these.
typedef struct {
  float largest;
  /// Of e^distance.
  float sum;
  /// Of distance * e^distance.
  float weighted;
  /// The same with distances divided by the temperature.
  float sumAtTemperature, weightedAtTemperature;
  /// Whether none is NaN.
  bool areNumbers;
} kernels_logit_sums SWIFT_NAME(LogitSums);

/// The likeliest few so far, likeliest first, in room of somebody else's.
typedef struct {
  float *logits;
  int32_t *ids;
  intptr_t capacity;
  intptr_t count;
} kernels_top_list SWIFT_NAME(TopList);

/// What a distribution comes to that was stored as a row of halves: 2^15 e^(logit - largest).
typedef struct {
  float largest;
  /// Of e^(logit - largest), before it was rounded.
  double sum;
  /// Of the row as it was stored.
  double stored;
} kernels_row_sums SWIFT_NAME(RowSums);

/// Rows of halves one under the other.
typedef struct {
  const uint16_t *base;
  /// Halves from one row to the next.
  intptr_t stride;
  intptr_t count;
} kernels_half_rows SWIFT_NAME(HalfRows);

/// Sums over logits that a bias was added to, by their distances to the largest of these, divided
/// by the temperature.
typedef struct {
  float largest;
  /// Of e^distance; NaN where a logit is.
  float sum;
  /// Of distance * e^distance.
  float weighted;
} kernels_biased_sums SWIFT_NAME(BiasedSums);

/// How the two losses' parts of a gradient over logits are put together.
typedef struct {
  /// What a sum of rows is multiplied with.
  float rows;
  /// What e^distance is, of the part at hand.
  float entropy;
  /// The largest logit of all, and one by the temperature: distances come from these.
  float largest, inverse;
  /// The mean of the distances.
  float mean;
} kernels_gradient_factors SWIFT_NAME(GradientFactors);

#pragma clang assume_nonnull end

#endif
