import { describe, expect, it } from 'vitest'
import { inDays } from './number.ts'

describe('a time in days', () => {
  it.each([
    [0, 'less than a day'],
    [0.047074, 'less than a day'],
    [1, '1 day'],
    [1.04, '1 day'],
    [28.30612, '28.3 days'],
    [1460, '1,460 days'],
  ])('%f is said as %s', (days, words) => {
    expect(inDays(days)).toBe(words)
  })
})
