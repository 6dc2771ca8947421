import { expect, it } from 'vitest'
import { nigMeanSd, updateNig } from './nig.ts'

it('prior (0, 1, 1, 1) and data 1, 2, 3, 4 give (2, 5, 3, 6)', () => {
  const prior = { mu: 0, kappa: 1, alpha: 1, beta: 1 }
  expect(updateNig(prior, 4, 2.5, 5)).toEqual({ mu: 2, kappa: 5, alpha: 3, beta: 6 })
})

it('one value at a time gives what all at once give', () => {
  let state = { mu: 0, kappa: 1, alpha: 1, beta: 1 }
  for (const x of [1, 2, 3, 4]) state = updateNig(state, 1, x, 0)
  for (const [key, value] of Object.entries({ mu: 2, kappa: 5, alpha: 3, beta: 6 })) {
    expect(state[key as 'mu']).toBeCloseTo(value, 12)
  }
  expect(nigMeanSd(state)).toBeCloseTo(Math.sqrt(6 / 2 / 5), 12)
})
