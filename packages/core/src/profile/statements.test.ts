import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SET_ONCE } from '../event/once.ts'
import { united } from '../event/stamp.ts'
import type { JsonObject } from '../json.ts'
import { PROFILE_LIMITS } from './limits.ts'
import type { Profile } from './profile.ts'
import { withIdentified, withTraits } from './statements.ts'

interface Told {
  readonly at: number
  readonly hash: number
  readonly set: JsonObject
  readonly once: JsonObject
}

const values = fc.dictionary(fc.constantFrom('plan', 'city', 'age'), fc.constantFrom(1, 'x', null, 'y'), { maxKeys: 3 })
const history = fc
  .array(fc.record({ at: fc.integer({ min: 0, max: 4 }), set: values, once: values }), { maxLength: 6 })
  .map(all => all.map((one, hash): Told => ({ ...one, hash })))

const after = (told: readonly Told[]): Profile['traits'] =>
  told.reduce<Profile['traits']>((traits, { at, hash, set, once }) => {
    return withIdentified(traits, { ...set, [SET_ONCE]: once }, { at, lag: 0, index: 0, hash })
  }, {})

const valuesOf = (traits: Profile['traits']) =>
  Object.fromEntries(Object.entries(traits).map(([name, { value }]) => [name, value]))

/** The last said; where nothing was, the first said once. */
function truth(told: readonly Told[]): JsonObject {
  const inOrder = [...told].sort((a, b) => a.at - b.at || a.hash - b.hash)
  const once = inOrder.toReversed().map(one => one.once)
  return Object.assign({}, ...once, ...inOrder.map(({ set }) => set)) as JsonObject
}

it('R10 what is said once holds where nothing else is said, the first of it, whatever the order of arrival', () => {
  fc.assert(
    fc.property(history, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), (told, keys) => {
      const arrived = told.map((one, i) => ({ one, key: keys[i]! })).sort((a, b) => a.key - b.key)
      const traits = after(arrived.map(({ one }) => one))
      expect(valuesOf(traits)).toEqual(truth(told))
      expect(traits).toEqual(after(told))
    }),
  )
})

it('R12 two people’s statements are what one would have made of them all', () => {
  fc.assert(
    fc.property(history, fc.nat(6), (told, n) => {
      const both = united(after(told.slice(0, n)), after(told.slice(n)), PROFILE_LIMITS.traits)
      expect(both).toEqual(after(told))
    }),
  )
})

it('R11 at the bound what is said once goes first, the last said of it before the others', () => {
  const { traits: limit } = PROFILE_LIMITS
  const many = (name: string, n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`${name}${i}`, i]))
  const stamp = (at: number) => ({ at, lag: 0, index: 0, hash: 0 })
  const said: (readonly [JsonObject, number])[] = [
    [many('set', limit - 2), 1],
    [{ [SET_ONCE]: { late: 1 } }, 9],
    [{ [SET_ONCE]: { early: 1 } }, 2],
    [{ [SET_ONCE]: { middle: 1 } }, 5],
  ]
  for (const order of [said, said.toReversed()]) {
    const traits = order.reduce<Profile['traits']>((all, [one, at]) => withIdentified(all, one, stamp(at)), {})
    expect(Object.keys(traits)).toHaveLength(limit)
    expect(['early', 'middle', 'late'].filter(name => name in traits)).toEqual(['early', 'middle'])
  }
})

it('is never a trait itself, whatever it holds, and says nothing where it is no object', () => {
  const stamp = { at: 1, lag: 0, index: 0, hash: 0 }
  for (const odd of [1, 'x', null, [], ['plan']]) expect(withIdentified({}, { [SET_ONCE]: odd }, stamp)).toEqual({})
  expect(withTraits({}, { [SET_ONCE]: { plan: 'x' } }, stamp)).toEqual({})
  expect(withIdentified({}, { [SET_ONCE]: { [SET_ONCE]: 1, plan: 'x' } }, stamp)).toEqual({
    plan: { value: 'x', ...stamp, once: true },
  })
})
