import { expect, it } from 'vitest'
import { armOfPeople } from './testing.ts'
import { maturedShare } from './window.ts'

it('the share of closed windows counts those who do not say as closed', () => {
  const arm = armOfPeople('', [{ value: 0 }, { value: 1 }])
  expect(maturedShare([arm, { ...arm, matured: 1 }])).toBe(0.75)
  expect(maturedShare([])).toBeNull()
})
