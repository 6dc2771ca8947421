import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseVariation, inRange } from '../bucket/bucket.ts'
import type { Answer } from './answer.ts'
import { compile } from './compile.ts'
import type { CompiledSet } from './compiled.ts'
import { decide } from './decide.ts'
import { catalogOf, personOf, setOf } from './testing.ts'

const NOW = Date.UTC(2026, 10, 22)
const PEOPLE = 40_000

/** Bucket keys as profiles have them, 64 bits in hex: scattered ones, and ones in a row, which hash worst. */
const scattered = Array.from({ length: PEOPLE }, (_, i) => mix(BigInt(i)).toString(16).padStart(16, '0'))
const inARow = Array.from({ length: PEOPLE }, (_, i) => i.toString(16).padStart(16, '0'))

/** The finaliser of SplitMix64. */
function mix(n: bigint): bigint {
  const mask = (1n << 64n) - 1n
  let z = (n * 0x9e3779b97f4a7c15n + 0x9e3779b97f4a7c15n) & mask
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
  return z ^ (z >> 31n)
}

interface Shares {
  holdout: number
  control: number
  weights: readonly number[]
  seed?: string
}

function setWith({ holdout, control, weights, seed }: Shares): CompiledSet {
  const variants = weights.map((weight, i) => ({ key: `v${i}`, weight, content: { hero: i, mail: i } }))
  const body = { tactic: 'offer', touchpoints: ['hero', 'mail'], control, variants, ...(seed && { seed }) }
  return compile(
    setOf({
      settings: { workspace: { version: 1, body: { holdout } } },
      touchpoint: {
        hero: { version: 1, body: { channel: 'web' } },
        mail: { version: 1, body: { channel: 'email' } },
      },
      experience: { welcome: { version: 1, body } },
    }),
  )
}

function answer(set: CompiledSet, bucketKey: string, touchpoint = 'hero', now = NOW): Answer {
  const { answers } = decide({
    set,
    profile: personOf({ bucketKey }),
    context: {},
    now,
    touchpoints: [touchpoint],
    items: catalogOf({}),
  })
  return answers[0]!
}

function armOf({ holdout, control, variant }: Answer): string {
  return holdout ? 'holdout' : control ? 'control' : variant!
}

/** The value that chi-square with so many degrees of freedom passes once in a thousand (Wilson and Hilferty). */
function critical(degrees: number): number {
  const spread = 2 / (9 * degrees)
  return degrees * (1 - spread + 3.09 * Math.sqrt(spread)) ** 3
}

function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0)
}

/** Chi-square of independence of two draws over the same people, each cut into ten. */
function dependence(keys: readonly string[], a: (key: string) => number, b: (key: string) => number): number {
  const table = new Array<number>(100).fill(0)
  const rows = new Array<number>(10).fill(0)
  const columns = new Array<number>(10).fill(0)
  for (const key of keys) {
    const row = Math.floor(a(key) * 10)
    const column = Math.floor(b(key) * 10)
    table[row * 10 + column]!++
    rows[row]!++
    columns[column]!++
  }
  const expected = table.map((_, i) => (rows[Math.floor(i / 10)]! * columns[i % 10]!) / keys.length)
  return chiSquare(table, expected)
}

describe.each([
  ['scattered keys', scattered],
  ['keys in a row', inARow],
])('draws over %s', (_name, keys) => {
  const shares: Shares = { holdout: 0.1, control: 0.2, weights: [0.5, 0.3, 0.2] }
  const set = setWith(shares)

  it('R7 people fall to each arm as its propensity says', () => {
    const counts = new Map<string, number>()
    const propensities = new Map<string, number>()
    for (const key of keys) {
      const given = answer(set, key)
      counts.set(armOf(given), (counts.get(armOf(given)) ?? 0) + 1)
      propensities.set(armOf(given), given.propensity)
    }
    const arms = ['holdout', 'control', 'v0', 'v1', 'v2']
    expect(arms.map(arm => Number(propensities.get(arm)!.toFixed(9)))).toEqual([0.1, 0.2, 0.4, 0.24, 0.16])
    // Those not in the holdout share out among the other arms.
    const expected = arms.map(arm => keys.length * propensities.get(arm)! * (arm === 'holdout' ? 1 : 0.9))
    expect(
      chiSquare(
        arms.map(arm => counts.get(arm)!),
        expected,
      ),
    ).toBeLessThan(critical(4))
  })

  it('holdout, control group and variant are drawn independently, and so are experiences and quarters', () => {
    const { draws } = set.experiences.get('welcome')!
    const other = setWith({ ...shares, seed: 'welcome2' }).experiences.get('welcome')!.draws
    const { holdout } = set
    const points: Record<string, (key: string) => number> = {
      holdout: key => holdout.point(key, NOW),
      'next holdout': key => holdout.point(key, Date.UTC(2027, 1, 1)),
      control: draws.control.point,
      variant: draws.variant.point,
      'other control': other.control.point,
      'other variant': other.variant.point,
    }
    const names = Object.keys(points)
    for (const [i, a] of names.entries()) {
      for (const b of names.slice(i + 1)) {
        expect(dependence(keys, points[a]!, points[b]!), `${a} and ${b}`).toBeLessThan(critical(81))
      }
    }
  })

  it('each draw is even over its points', () => {
    const { draws } = set.experiences.get('welcome')!
    for (const point of [draws.control.point, draws.variant.point, (key: string) => set.holdout.point(key, NOW)]) {
      const bins = new Array<number>(100).fill(0)
      for (const key of keys) bins[Math.floor(point(key) * 100)]!++
      expect(
        chiSquare(
          bins,
          bins.map(() => keys.length / 100),
        ),
      ).toBeLessThan(critical(99))
    }
  })
})

describe('growing shares', () => {
  const share = fc.integer({ min: 0, max: 50 }).map(n => n / 100)
  const few = scattered.slice(0, 2000)

  it('R6 a grown holdout keeps those who were in it, and moves nobody between variants', () => {
    fc.assert(
      fc.property(share, share, (a, b) => {
        const small = setWith({ holdout: Math.min(a, b), control: 0.2, weights: [0.5, 0.5] })
        const large = setWith({ holdout: Math.max(a, b), control: 0.2, weights: [0.5, 0.5] })
        const moved = few.filter(key => {
          const [before, after] = [armOf(answer(small, key)), armOf(answer(large, key))]
          return before !== after && after !== 'holdout'
        })
        expect(moved).toEqual([])
      }),
      { numRuns: 10 },
    )
  })

  it('R6 a grown control group keeps those who were in it, and moves nobody between variants', () => {
    fc.assert(
      fc.property(share, share, (a, b) => {
        const small = setWith({ holdout: 0.05, control: Math.min(a, b), weights: [0.5, 0.5] })
        const large = setWith({ holdout: 0.05, control: Math.max(a, b), weights: [0.5, 0.5] })
        const moved = few.filter(key => {
          const [before, after] = [armOf(answer(small, key)), armOf(answer(large, key))]
          return before !== after && after !== 'control'
        })
        expect(moved).toEqual([])
      }),
      { numRuns: 10 },
    )
  })

  it('nobody is held out by a share of 0, everybody by one of 1', () => {
    const none = setWith({ holdout: 0, control: 0, weights: [1] })
    const all = setWith({ holdout: 0, control: 1, weights: [1] })
    expect(new Set(few.map(key => armOf(answer(none, key))))).toEqual(new Set(['v0']))
    expect(new Set(few.map(key => armOf(answer(all, key))))).toEqual(new Set(['control']))
  })
})

describe('one assignment', () => {
  it('a person has one arm at all touchpoints, whatever the hour of the quarter', () => {
    const set = setWith({ holdout: 0.1, control: 0.2, weights: [0.5, 0.5] })
    fc.assert(
      fc.property(fc.constantFrom(...scattered.slice(0, 500)), fc.integer({ min: 0, max: 30 }), (key, days) => {
        const later = NOW + days * 86_400_000
        expect(armOf(answer(set, key, 'mail', later))).toBe(armOf(answer(set, key)))
      }),
    )
  })

  it('R7 propensities are the shares of points, not the weights as written', () => {
    const { variants } = setWith({ holdout: 0, control: 0, weights: [1 / 3, 1 / 3, 1 / 3] }).experiences.get('welcome')!
    expect(variants.map(variant => variant.propensity)).toEqual([0.3334, 0.3333, 0.3333])
  })

  it('weights that fall short of 1 by rounding leave nobody without a variant', () => {
    const { draws, variants } = setWith({
      holdout: 0,
      control: 0,
      weights: [0.333333, 0.333333, 0.333333],
    }).experiences.get('welcome')!
    const points = Array.from({ length: 10_000 }, (_, k) => k / 10_000)
    expect(points.filter(point => chooseVariation(point, draws.variant.ranges) === -1)).toEqual([])
    expect(variants.reduce((sum, variant) => sum + variant.propensity, 0)).toBeCloseTo(1, 9)
    expect(inRange(0.9999, draws.variant.ranges[2]!)).toBe(true)
  })
})
