/** Decisions alike: how many, their weight (chance under the target over the logged one), and their reward. */
export interface Weighed {
  readonly count: number
  readonly weight: number
  readonly reward: number
}

/**
 * The most likely value of the target (empirical likelihood; Karampatziakis, Langford and Mineiro 2020): of all distributions
 * over what was seen under which weights come to 1 on average, as they must, the one that makes the log likeliest. What the
 * log cannot have shown, larger weights, may have mass too: it is given the mean reward. Between IPS and SNIPS in spirit, and
 * never outside the rewards seen.
 *
 * A decision's probability is count / (n + β (weight - 1)) with the one β at which Σ probability (weight - 1) is 0, or the
 * nearest that leaves every probability at most 1. That sum falls in β, so β is found by halving. `largest`: the largest weight
 * that could be. Null where nothing was logged.
 */
export function empiricalLikelihood(log: readonly Weighed[], largest = Number.POSITIVE_INFINITY): number | null {
  const seen = log.filter(({ count }) => count > 0)
  const n = seen.reduce((sum, { count }) => sum + count, 0)
  if (n === 0) return null
  let most = n / (1 - Math.min(0, ...seen.map(({ weight }) => weight)))
  let least =
    largest === Number.POSITIVE_INFINITY ? 0 : n / (1 - Math.max(largest, ...seen.map(({ weight }) => weight)))
  for (const { count, weight } of seen) {
    const bound = (n - count) / (1 - weight)
    if (weight < 1) most = Math.min(most, bound)
    if (weight > 1) least = Math.max(least, bound)
  }
  const chance = ({ count, weight }: Weighed, beta: number) => count / (n + beta * (weight - 1))
  const excess = (beta: number) => seen.reduce((sum, one) => sum + chance(one, beta) * (one.weight - 1), 0)
  let [low, high] = [least, most]
  if (excess(low) <= 0) high = low
  else if (excess(high) >= 0) low = high
  while (high - low > 1e-13 * n) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (excess(middle) > 0) low = middle
    else high = middle
  }
  const beta = (low + high) / 2
  const shown = seen.reduce((sum, one) => sum + chance(one, beta) * one.weight, 0)
  const value = seen.reduce((sum, one) => sum + chance(one, beta) * one.weight * one.reward, 0)
  const mean = seen.reduce((sum, { count, reward }) => sum + count * reward, 0) / n
  return value + Math.max(0, 1 - shown) * mean
}
