import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import { relativeLift } from './lift.ts'
import { armSample } from './sample.ts'
import { stratified } from './stratified.ts'
import { armOfPeople, type Person } from './testing.ts'

describe('strata', () => {
  /** Within a version everybody has the same chance; the versions differ in chance and in customers. */
  function versions(seed: string, lift = 0) {
    const rng = random(seed)
    return (['v1', 'v2', 'v3'] as const).flatMap((stratum, index) => {
      const arms: Record<string, Person[]> = { '': [], offer: [] }
      for (let i = 0; i < 400; i++) {
        const isTreated = rng.chance([0.1, 0.5, 0.9][index]!)
        arms[isTreated ? 'offer' : '']!.push({ value: rng.poisson((1 + index) * (isTreated ? 1 + lift : 1)) })
      }
      return Object.entries(arms).map(([variant, people]) => ({ ...armOfPeople(variant, people), stratum }))
    })
  }
  const isOffer = () => true

  it.each([0, 0.2])('95 of 100 intervals hold a lift of %f, where pooling holds none', lift => {
    const experiments = 200
    let held = 0
    let pooledHeld = 0
    for (let i = 0; i < experiments; i++) {
      const arms = versions(`strata ${lift} ${i}`, lift)
      const { control, treatment, strata, coverage } = stratified(arms, 'sum', isOffer)
      expect([strata, coverage]).toEqual([3, 1])
      const holds = ({ interval }: { interval: readonly [number, number] | null }) =>
        interval![0] <= lift && lift <= interval![1]
      if (holds(relativeLift(control, treatment))) held++
      const unmarked = arms.map(({ stratum: _, ...arm }) => arm)
      const pooled = stratified(unmarked, 'sum', isOffer)
      if (holds(relativeLift(pooled.control, pooled.treatment))) pooledHeld++
    }
    expect(held / experiments).toBeGreaterThan(0.9)
    expect(pooledHeld / experiments).toBeLessThan(0.2)
  })

  it('one stratum is the plain comparison', () => {
    const arms = versions('one').filter(arm => arm.stratum === 'v2')
    const { control, treatment } = stratified(arms, 'sum', isOffer)
    const plain = relativeLift(armSample(arms[0]!, 'sum'), armSample(arms[1]!, 'sum'))
    expect(relativeLift(control, treatment).value).toBeCloseTo(plain.value!, 12)
    expect(relativeLift(control, treatment).standardError).toBeCloseTo(plain.standardError!, 12)
  })

  it('a stratum that lacks an arm is left out of both, and said so', () => {
    const [a, b] = versions('late').filter(arm => arm.stratum === 'v1')
    const late = { ...armOfPeople('', [{ value: 1 }, { value: 2 }]), stratum: 'v0' }
    const { strata, coverage } = stratified([a!, b!, late], 'sum', isOffer)
    expect(strata).toBe(1)
    expect(coverage).toBeCloseTo(400 / 402, 12)
    const none = stratified([late], 'sum', isOffer)
    expect(none).toMatchObject({ strata: 0, coverage: 0 })
    expect(relativeLift(none.control, none.treatment).reason).toBe('no-control')
    expect(stratified([], 'sum', isOffer).coverage).toBeNull()
  })
})
