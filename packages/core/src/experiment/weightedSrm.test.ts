import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import type { ArmStatistics } from './arm.ts'
import { sampleRatio } from './srm.ts'
import { sampleRatioByChance } from './weightedSrm.ts'

fc.configureGlobal({ seed: 4 })

function arm(variant: string, chances: readonly number[], stratum?: string): ArmStatistics {
  const sum = chances.reduce((total, p) => total + 1 / p, 0)
  const sumSquares = chances.reduce((total, p) => total + 1 / p ** 2, 0)
  const weights = { sum, sumSquares, valueSum: 0, valueSumSquares: 0, valueCrossSum: 0 }
  const [people, none] = [chances.length, 0]
  return {
    variant,
    control: variant === '',
    people,
    exposures: people,
    conversions: none,
    sum: none,
    sumSquares: none,
    expected: 0,
    weights,
    ...(stratum !== undefined && { stratum }),
  }
}

describe('the sample ratio by chance', () => {
  it('is Pearson’s where everybody has the same chances', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ people: fc.integer({ min: 100, max: 900 }), share: fc.integer({ min: 2, max: 9 }) }), {
          minLength: 2,
          maxLength: 4,
        }),
        arms => {
          const all = arms.reduce((sum, { share }) => sum + share, 0)
          const weighted = sampleRatioByChance(
            arms.map(({ people, share }, i) => arm(`v${i}`, Array(people).fill(share / all))),
          )
          const plain = sampleRatio(arms.map(({ people, share }) => ({ people, expected: share })))
          expect(weighted.chiSquare! / plain.chiSquare!).toBeCloseTo(1, 6)
          expect(weighted.dof).toBe(plain.dof)
        },
      ),
    )
  })

  it('finds a mismatch about once in a thousand where there is none, with a chance a person', () => {
    const rng = random('own chances')
    const ps = Array.from({ length: 400 }, () => {
      const arms: number[][] = [[], [], []]
      for (let i = 0; i < 600; i++) {
        const b = 0.1 + 0.7 * rng.uniform()
        const chances = [0.1, b, 0.9 - b]
        const at = rng.uniform()
        const drawn = at < 0.1 ? 0 : at < 0.1 + b ? 1 : 2
        arms[drawn]!.push(chances[drawn]!)
      }
      return sampleRatioByChance(arms.map((own, i) => arm(i === 0 ? '' : `v${i}`, own))).p!
    })
    expect(ps.filter(p => p < 0.001).length).toBeLessThan(4)
    const small = ps.filter(p => p < 0.1).length / ps.length
    expect(small).toBeGreaterThan(0.05)
    expect(small).toBeLessThan(0.15)
  })

  it('adds over strata, and says nothing of too few people', () => {
    const one = [arm('', Array(60).fill(0.5), 'a'), arm('v', Array(40).fill(0.5), 'a')]
    const two = [arm('', Array(30).fill(0.3), 'b'), arm('v', Array(70).fill(0.7), 'b')]
    expect(sampleRatioByChance([...one, ...two])).toMatchObject({ dof: 2, verdict: 'ok' })
    expect(sampleRatioByChance([...one, ...two]).chiSquare).toBeCloseTo(4, 9)
    expect(sampleRatioByChance([arm('', [0.5, 0.5]), arm('v', [0.5])])).toMatchObject({ reason: 'too-few-people' })
    expect(sampleRatioByChance([])).toMatchObject({ verdict: 'unknown', reason: 'one-arm' })
  })
})
