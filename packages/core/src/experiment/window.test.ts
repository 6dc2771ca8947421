import { expect, it } from 'vitest'
import { armOfPeople } from './testing.ts'
import { maturedShare, windowSpan } from './window.ts'

const HOUR = 3_600_000

it('a window opens at the exposure, or later, and closes after its length', () => {
  expect(windowSpan(1000, { length: 10 }, 1009)).toEqual({ from: 1000, until: 1010, closed: false })
  expect(windowSpan(1000, { length: 10 }, 1010)).toEqual({ from: 1000, until: 1010, closed: true })
  expect(windowSpan(1000, { delay: HOUR, length: HOUR }, 0)).toEqual({
    from: 1000 + HOUR,
    until: 1000 + 2 * HOUR,
    closed: false,
  })
})

it('without a length it never closes', () => {
  expect(windowSpan(1000, {}, Number.MAX_SAFE_INTEGER)).toEqual({ from: 1000, until: null, closed: false })
})

it('the share of closed windows counts those who do not say as closed', () => {
  const arm = armOfPeople('', [{ value: 0 }, { value: 1 }])
  expect(maturedShare([arm, { ...arm, matured: 1 }])).toBe(0.75)
  expect(maturedShare([])).toBeNull()
})
