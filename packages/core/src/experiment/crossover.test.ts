import { expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { crossover } from './crossover.ts'
import { relativeLift } from './lift.ts'
import { meanSample } from './sample.ts'

const arms = (...counts: [people: number, crossed: number][]) =>
  counts.map(([people, crossed], i) => ({ variant: i === 0 ? '' : `v${i}`, people, crossed }))

it('counts people in two arms, by their first', () => {
  const { crossed, share, arms: each, verdict, p } = crossover(arms([1000, 4], [3000, 11]))
  expect(crossed).toBe(15)
  expect(share).toBeCloseTo(15 / 4000, 12)
  expect(each.map(arm => arm.share)).toEqual([0.004, 11 / 3000])
  expect(verdict).toBe('few')
  // 15 people where 3.75 are expected in the smaller arm: too few for a test.
  expect(p).toBeNull()
})

it('many are diluted; more from one arm than from another is uneven', () => {
  expect(crossover(arms([1000, 50], [1000, 55])).verdict).toBe('diluted')
  expect(crossover(arms([10_000, 20], [10_000, 90]))).toMatchObject({ verdict: 'uneven', share: 0.0055 })
})

it('a small arm loses most of those who have two devices, and a large one few: no more from the one than from the other', () => {
  const rng = random('two devices')
  const designs: [shares: number[], devices: number][] = [
    [[0.1, 0.9], 2],
    [[0.1, 0.9], 3],
    [[0.1, 0.6, 0.3], 2],
    [[0.05, 0.05, 0.9], 40],
  ]
  for (const [shares, devices] of designs) {
    const counts = shares.map((): [people: number, crossed: number] => [0, 0])
    const draw = () => {
      const point = rng.uniform()
      return shares.findIndex(
        (_, i) => point < shares.slice(0, i + 1).reduce((a, b) => a + b, 0) || i === shares.length - 1,
      )
    }
    for (let i = 0; i < 40_000; i++) {
      const drawn = Array.from({ length: i % 20 === 0 ? devices : 1 }, draw)
      const own = counts[drawn[0]!]!
      own[0]++
      if (drawn.some(arm => arm !== drawn[0])) own[1]++
    }
    const { verdict, p } = crossover(arms(...counts))
    expect(verdict, String(shares)).not.toBe('uneven')
    expect(p).toBeGreaterThan(0.001)
    // Of the first arm three times as many are lost as there can be by chance, or nobody at all.
    const [[people, crossed] = [0, 0], ...rest] = counts
    for (const odd of [3 * crossed, 0]) {
      expect(crossover(arms([people, odd], ...rest)).verdict, `${shares}: ${odd}`).toBe('uneven')
    }
  }
})

it('nobody at all', () => {
  expect(crossover([])).toEqual({ crossed: 0, share: null, arms: [], p: null, verdict: 'few' })
  expect(crossover(arms([0, 0], [0, 0]))).toMatchObject({ share: null, verdict: 'few' })
})

it('why they are not left out: in an A/A test the eager cross more, and only those of one arm come back', () => {
  const rng = random('why crossed people stay')
  const all = [meanOf(), meanOf()]
  const without = [meanOf(), meanOf()]
  for (let i = 0; i < 20_000; i++) {
    const eager = rng.chance(0.2)
    const value = eager ? 5 + rng.exponential() : rng.exponential()
    const arm = rng.integer(2)
    // Nothing differs, but the second arm's eager people sign in on a second device and are seen in the first arm there.
    const crossed = arm === 1 && eager && rng.chance(0.5)
    all[arm]!.add(value)
    if (!crossed) without[arm]!.add(value)
  }
  const kept = relativeLift(all[0]!.sample(), all[1]!.sample())
  const dropped = relativeLift(without[0]!.sample(), without[1]!.sample())
  expect(kept.p).toBeGreaterThan(0.01)
  expect(dropped.value).toBeLessThan(-0.1)
  expect(dropped.p).toBeLessThan(1e-6)
})

function meanOf() {
  const s = { n: 0, sum: 0, squares: 0 }
  return {
    add(x: number) {
      s.n++
      s.sum += x
      s.squares += x * x
    },
    sample: () => meanSample(s.n, s.sum, s.squares),
  }
}
