import { describe, expect, it } from 'vitest'
import { IDENTITY_LIMITS } from './limits.ts'
import { isOlder, type Person, refusesLink, refusesMerge, survivorOf, userOf } from './resolve.ts'
import { compileRules, identityRules } from './rules.ts'
import { splitsBetween } from './split.ts'

const rules = compileRules(
  identityRules({
    kinds: [{ kind: 'userId' }, { kind: 'tax', unique: true, from: ['traits.tax'] }, { kind: 'email' }],
  }),
)

function person(id: string, identifiers: readonly string[], sources = identifiers.map((_, i) => `${id}${i}`)): Person {
  return { id, firstSeen: 0, identifiers, sources: [id, ...sources.slice(1)] }
}

const devices = (name: string, count: number) => Array.from({ length: count }, (_, i) => `anonymousId:${name}${i}`)
const emails = (name: string, count: number) => Array.from({ length: count }, (_, i) => `email:${name}${i}@x.example`)
const visitor = person('A', ['anonymousId:a'])
const ada = person('U', ['userId:ada', 'anonymousId:u'])
const bob = person('V', ['userId:bob'])

describe('a further identifier', () => {
  const CASES: [name: string, of: Person, identifier: string, refusal: string | undefined][] = [
    ['a user for a visitor', visitor, 'userId:ada', undefined],
    ['another user for a user', ada, 'userId:bob', 'apart'],
    ['a device for a user', ada, 'anonymousId:b', undefined],
    ['a second value of a unique kind', person('T', ['tax:1']), 'tax:2', 'apart'],
    ['as many of a kind as it allows', person('E', emails('e', 4)), 'email:5@x.example', undefined],
    ['one more of a kind than it allows', person('E', emails('e', 5)), 'email:6@x.example', 'full'],
    ['a kind that is no longer named', ada, 'card:7', undefined],
    ['almost too many', person('F', devices('f', IDENTITY_LIMITS.identifiers - 1)), 'userId:u', undefined],
    ['too many', person('F', devices('f', IDENTITY_LIMITS.identifiers)), 'userId:u', 'full'],
  ]
  it.each(CASES)('%s', (_, of, identifier, refusal) => {
    expect(refusesLink(of, identifier, rules)).toBe(refusal)
  })
})

describe('two people', () => {
  const half = IDENTITY_LIMITS.identifiers / 2
  const CASES: [name: string, a: Person, b: Person, refusal: string | undefined][] = [
    ['a visitor and a user', ada, visitor, undefined],
    ['R12 two users are never one', ada, bob, 'apart'],
    ['two values of a unique kind', person('S', ['tax:1']), person('T', ['tax:2']), 'apart'],
    ['more of a kind than it allows', person('E', emails('e', 3)), person('F', emails('f', 3)), 'full'],
    ['R11 almost too many', person('E', devices('e', half)), person('F', devices('f', half)), undefined],
    ['R11 too many', person('E', devices('e', half)), person('F', devices('f', half + 1)), 'full'],
  ]
  it.each(CASES)('%s', (_, a, b, refusal) => {
    expect(refusesMerge(a, b, rules)).toBe(refusal)
    expect(refusesMerge(b, a, rules)).toBe(refusal)
  })

  it('whom an un-merge told apart', () => {
    const splits = splitsBetween(ada.sources, visitor.sources, 1)
    expect(refusesMerge({ ...ada, splits: splits.a }, visitor, rules)).toBe('split')
    expect(refusesMerge({ ...visitor, splits: splits.b }, ada, rules)).toBe('split')
    expect(refusesMerge({ ...visitor, splits: splits.b }, person('W', ['anonymousId:w']), rules)).toBeUndefined()
  })

  it('R11 with more splits than a person may have', () => {
    const many = Array.from({ length: IDENTITY_LIMITS.splits }, (_, i) => ({ own: 'A', other: `x${i}`, at: 1 }))
    expect(refusesMerge({ ...visitor, splits: many }, ada, rules)).toBeUndefined()
    const one = { ...ada, splits: [{ own: 'U', other: 'y', at: 1 }] }
    expect(refusesMerge({ ...visitor, splits: many }, one, rules)).toBe('full')
  })
})

describe('who survives', () => {
  const older = { ...visitor, firstSeen: -1 }
  it.each([
    ['the user', older, ada, 'U', 'userId'],
    ['whoever has more sources', person('M', devices('m', 2)), older, 'M', 'sources'],
    ['the older', person('B', ['anonymousId:b']), older, 'A', 'age'],
    ['of two as old the smaller id', person('B', ['anonymousId:b']), visitor, 'A', 'age'],
  ] as const)('%s', (_, a, b, id, won) => {
    expect(survivorOf<Person>(a, b)).toMatchObject({ into: { id }, won })
    expect(survivorOf<Person>(b, a)).toMatchObject({ into: { id }, won })
  })

  it('older is who was seen first', () => {
    expect(isOlder({ id: 'b', firstSeen: 1 }, { id: 'a', firstSeen: 2 })).toBe(true)
    expect(isOlder({ id: 'b', firstSeen: 1 }, { id: 'a', firstSeen: 1 })).toBe(false)
  })
})

it('the user among identifiers, whose value may have colons', () => {
  expect(userOf(['email:a@x.example', 'userId:urn:ada'])).toBe('urn:ada')
  expect(userOf(['anonymousId:userId:x'])).toBeUndefined()
})
