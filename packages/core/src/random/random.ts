/**
 * Seeded random numbers: the same seed gives the same numbers on every machine and Node version. The generator is sfc32
 * (Chris Doty-Humphrey's small fast counting generator, 128 bits of state); not for secrets.
 */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number
  /** Uniform whole number in [0, n). */
  integer(n: number): number
  chance(probability: number): boolean
  /** Standard normal. */
  normal(): number
  /** Mean 1. */
  exponential(): number
  poisson(mean: number): number
  pick<T>(items: readonly T[]): T
  /** Index i with probability weights[i] / sum. */
  weighted(weights: readonly number[]): number
  /** An independent generator that depends only on this one's seed and the label, not on what was drawn before. */
  fork(label: string): Random
}

/** A generator for draws that must be repeatable: of the same seed come the same numbers (R6). */
export function random(seed: string | number): Random {
  return generator(String(seed))
}

function generator(seed: string): Random {
  const next = sfc32(seed)
  const self: Random = {
    // 53 bits, as Math.random has.
    uniform: () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992,
    integer: n => Math.floor(self.uniform() * n),
    chance: probability => self.uniform() < probability,
    normal: () => Math.sqrt(-2 * Math.log(1 - self.uniform())) * Math.cos(2 * Math.PI * self.uniform()),
    exponential: () => -Math.log(1 - self.uniform()),
    poisson: mean => {
      if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * self.normal()))
      const limit = Math.exp(-mean)
      let count = 0
      for (let product = self.uniform(); product > limit; product *= self.uniform()) count++
      return count
    },
    pick: items => items[self.integer(items.length)]!,
    weighted: weights => {
      let left = self.uniform() * weights.reduce((a, b) => a + b, 0)
      for (let i = 0; i < weights.length - 1; i++) {
        left -= weights[i]!
        if (left < 0) return i
      }
      return weights.length - 1
    },
    fork: label => generator(`${seed}/${label}`),
  }
  return self
}

function sfc32(seed: string): () => number {
  let [a, b, c] = [fnv1a(seed, 0x811c9dc5), fnv1a(seed, 0x9e3779b9), fnv1a(seed, 0x85ebca6b)]
  let counter = 1
  const next = () => {
    const result = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + result) | 0
    return result >>> 0
  }
  // The author's advice: twelve rounds until a seed's bits have reached everything.
  for (let i = 0; i < 12; i++) next()
  return next
}

function fnv1a(text: string, offset: number): number {
  let hash = offset
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash
}
