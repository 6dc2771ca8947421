import { expect, it } from 'vitest'
import { formatPath } from './problem.ts'
import { nearest } from './suggest.ts'

it.each([
  ['chanel', ['channel', 'stage'], 'did you mean "channel"?'],
  ['Tactic', ['tactic'], 'did you mean "tactic"?'],
  ['x', ['channel', 'stage'], 'known names: channel, stage'],
  ['ab', ['abcd', 'abc'], 'did you mean "abc"?'],
  ['anything', [], 'there are no names yet'],
  [
    'zzzzzz',
    Array.from({ length: 14 }, (_, i) => `name${i}`),
    'known names: name0, name1, name2, name3, name4, name5, name6, name7, name8, name9, name10, name11 and 2 more',
  ],
])('for %s of %j: %s', (name, known, mend) => {
  expect(nearest(name, known, 'names')).toBe(mend)
})

it('writes paths that can be read', () => {
  expect(formatPath(['variants', 1, 'content', 'home.hero', 'title'])).toBe('variants[1].content["home.hero"].title')
  expect(formatPath([])).toBe('')
  expect(formatPath([0, 'a-b', ''])).toBe('[0].a-b[""]')
})
