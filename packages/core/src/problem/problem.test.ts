import { expect, it } from 'vitest'
import { KEY_RULE } from '../key.ts'
import { sentence } from './problem.ts'

it('a sentence has one full stop, and a question none', () => {
  const texts = ['name one', 'name one.', 'did you mean "hero"?', KEY_RULE]
  expect(texts.map(sentence)).toEqual(['name one.', 'name one.', 'did you mean "hero"?', KEY_RULE])
})
