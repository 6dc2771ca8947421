import { expect, it } from 'vitest'
import { csvCell } from './csv.ts'
import { formatConfidence, many } from './words.ts'

it('one is one, and none or several are several', () => {
  expect([0, 1, 2, 1234].map(n => many(n, 'day'))).toEqual(['0 days', '1 day', '2 days', '1,234 days'])
  expect([1, 3].map(n => many(n, 'person', 'people'))).toEqual(['1 person', '3 people'])
})

it('no confidence reads as certainty', () => {
  const shown = [0.95, 0.9, 0.999, 0.99999, 0.9999999, 1 - 1e-12].map(formatConfidence)
  expect(shown.slice(0, 5)).toEqual(['95 %', '90 %', '99.9 %', '99.999 %', '99.99999 %'])
  expect(shown.at(-1)).not.toBe('100 %')
})

it('a cell is quoted where it must be, and never a formula', () => {
  const values = ['a', '=1+1', '-x', -1, 'a,"b"', 'two\nlines', null, undefined, true, ['a', 1]]
  expect(values.map(csvCell)).toEqual([
    'a',
    "'=1+1",
    "'-x",
    '-1',
    '"a,""b"""',
    '"two\nlines"',
    '',
    '',
    'true',
    '"[""a"",1]"',
  ])
})
