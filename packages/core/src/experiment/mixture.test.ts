import { expect, it } from 'vitest'
import { mixtureMultiplier } from './mixture.ts'

it('a variance of 1 and 1,000 people an arm, as in the reference', () => {
  const arm = { n: 1000, mean: 3, variance: 1 }
  expect(mixtureMultiplier(arm, arm)).toBeCloseTo(3.58452, 5)
})

it('arms that do not vary, or of nobody, have none', () => {
  const constant = { n: 1000, mean: 3, variance: 0 }
  expect(mixtureMultiplier(constant, constant)).toBeNull()
  expect(mixtureMultiplier({ n: 0, mean: Number.NaN, variance: 0 }, constant)).toBeNull()
})
