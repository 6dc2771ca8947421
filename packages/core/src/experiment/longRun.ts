/**
 * How much a mean of values varies that go together with their neighbours in time. What is slow in them decides it, so it is
 * taken from the slowest cosine waves in them, all alike, and their number is the degrees of freedom of Student's t: Lazarus, Lewis, Stock and
 * Watson 2018, "HAR Inference: Recommendations for Practice" (Journal of Business & Economic Statistics 36). Exact for
 * independent normal values. A constant has none of these waves, and a rhythm that is fast beside them hardly any.
 */

/** The part of each of the 0.4 n^(2/3) slowest waves, squared: their mean is n times the variance of the values' mean. One at least. */
export function slowWaves(values: readonly number[]): number[] {
  const n = values.length
  const waves = Math.max(1, Math.floor(0.4 * n ** (2 / 3)))
  return Array.from({ length: waves }, (_, wave) => {
    const part = values.reduce((sum, value, i) => sum + value * Math.cos((Math.PI * (wave + 1) * (i + 0.5)) / n), 0)
    return (2 / n) * part ** 2
  })
}
