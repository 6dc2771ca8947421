import fc from 'fast-check'
import { expect, it } from 'vitest'
import { keyOf, lookUpKey } from './keys.ts'

it('a key to look something up by is the key it is stored under', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('', 'x'.repeat(196), 'x'.repeat(197), 'ä'.repeat(3000), 'userId:person-1', 'a\u0080'),
  )
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 32 - 1 }), text, (workspace, text) => {
      expect(Buffer.from(lookUpKey(workspace, text))).toEqual(keyOf(workspace, text))
    }),
    { seed: 3, numRuns: 2000 },
  )
})
