import { expect, it } from 'vitest'
import { hasher } from '../bucket/bucket.ts'
import type { Held } from '../policy/policy.ts'
import { splitPolicy } from '../policy/split.ts'
import { type Random, random } from '../random/random.ts'
import { impact } from './impact.ts'
import { armOfPeople, type Person } from './testing.ts'

const CONTROL = 0.2
const VARIANTS = ['bold', 'calm']
const drawControl = hasher('hero control')
const split = (weights: readonly number[]) =>
  splitPolicy<undefined>({ seed: 'hero', variants: VARIANTS, weights, sticky: true })
/** First half and half, later nearly everybody gets the one. */
const [early, late] = [split([0.5, 0.5]), split([0.9, 0.1])]

/**
 * Those who come while the second version is live: regulars who were given something by the first one and keep it, and others. Regulars buy
 * more. What they see changes nothing, but for `lift` of the one variant.
 */
function secondVersion(rng: Random, run: string, lift: number) {
  const people: { arm: string; person: Person }[] = []
  for (let i = 0; i < 700; i++) {
    const bucketKey = `${run} ${i}`
    const isRegular = rng.chance(0.4)
    const ask = { bucketKey, now: 0, subject: undefined }
    const held: Held | undefined = isRegular ? early.choose(ask) : undefined
    const choice = late.choose({ ...ask, ...(held && { held }) })
    const isControl = drawControl(bucketKey) < CONTROL
    const arm = isControl ? '' : VARIANTS[choice.arm]!
    const chance = isControl ? CONTROL : (1 - CONTROL) * choice.propensity
    const buys = rng.poisson(isRegular ? 4 : 1)
    people.push({ arm, person: { value: arm === 'calm' ? buys * (1 + lift) : buys, chance } })
  }
  return people
}

const metric = { type: 'sum', event: 'Order Completed' } as const

it.each([
  0, 0.3,
])('people held by a sticky split count by the chance of the draw they keep: a lift of %f is found, and nothing where nothing is', lift => {
  const experiments = 120
  const found = { calm: 0, bold: 0, plain: 0, mismatch: 0 }
  for (let i = 0; i < experiments; i++) {
    const people = secondVersion(random(`sticky ${lift} ${i}`), `${lift} ${i}`, lift)
    const report = (weighted: boolean) =>
      impact(
        ['', ...VARIANTS].map(arm => {
          const own = people.filter(one => one.arm === arm).map(({ person }) => person)
          return armOfPeople(arm, weighted ? own : own.map(({ value }) => ({ value })))
        }),
        { metric },
      )
    const fair = report(true)
    const holds = (one: typeof fair, variant: string, truth: number) => {
      const [low, high] = one.variants.find(other => other.variant === variant)!.lift.interval!
      return low <= truth && truth <= high
    }
    if (holds(fair, 'calm', lift)) found.calm++
    if (holds(fair, 'bold', 0)) found.bold++
    if (holds(report(false), 'calm', lift)) found.plain++
    if (fair.sampleRatio.verdict === 'mismatch') found.mismatch++
  }
  // 95 ± 6 points in 120 experiments.
  expect(found.calm / experiments).toBeGreaterThan(0.89)
  expect(found.bold / experiments).toBeGreaterThan(0.89)
  expect(found.plain / experiments, 'regulars are many among those who keep what few get now').toBeLessThan(0.1)
  expect(found.mismatch / experiments).toBeLessThan(0.02)
})
