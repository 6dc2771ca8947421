import { describe, expect, it } from 'vitest'
import { IDENTITY_LIMITS } from './limits.ts'
import { type Person, resolve } from './resolve.ts'

const user = 'userId:u'
const anonymous = 'anonymousId:a'

function person(id: string, userId?: string, size = 1): Person {
  const many = Array.from({ length: size }, (_, i) => `${id}-${i}`)
  return { id, ...(userId !== undefined && { userId }), identifiers: many, sources: many }
}

const visitor = person('A')
const other = person('A', 'someone')
const owner = person('U', 'u')

describe('the identity rules', () => {
  it('a device alone', () => {
    expect(resolve({ anonymous: { identifier: anonymous } })).toEqual({ rule: 'new', create: [anonymous] })
    expect(resolve({ anonymous: { identifier: anonymous, person: visitor } })).toEqual({ rule: 'known' })
  })

  it('a user alone', () => {
    expect(resolve({ user: { identifier: user } })).toEqual({ rule: 'new', create: [user] })
    expect(resolve({ user: { identifier: user, person: owner } })).toEqual({ rule: 'known' })
  })

  const CASES: [name: string, user: Person | undefined, device: Person | undefined, expected: object][] = [
    ['neither is known', undefined, undefined, { rule: 'new', create: [anonymous, user] }],
    [
      'the device of nobody in particular',
      undefined,
      visitor,
      { rule: 'user-linked', link: { identifier: user, userId: 'u', to: visitor } },
    ],
    ["another user's device", undefined, other, { rule: 'apart', create: [user] }],
    ['a new device', owner, undefined, { rule: 'anonymous-linked', link: { identifier: anonymous, to: owner } }],
    ['their own device', owner, owner, { rule: 'known' }],
    [
      'a visitor who turns out to be the user',
      owner,
      visitor,
      { rule: 'merged', merge: { from: visitor, into: owner } },
    ],
    ['R12 two users are never merged', owner, other, { rule: 'apart' }],
  ]
  for (const [name, userPerson, devicePerson, expected] of CASES) {
    it(`both: ${name}`, () => {
      const claim = {
        user: { identifier: user, ...(userPerson && { person: userPerson }) },
        anonymous: { identifier: anonymous, ...(devicePerson && { person: devicePerson }) },
      }
      expect(resolve(claim)).toEqual(expected)
    })
  }

  it('R11 a person at the bound unites no further', () => {
    const full = person('U', 'u', IDENTITY_LIMITS.identifiers)
    const almost = person('U', 'u', IDENTITY_LIMITS.identifiers - 1)
    const claim = (owner: Person, device?: Person) => ({
      user: { identifier: user, person: owner },
      anonymous: { identifier: anonymous, ...(device && { person: device }) },
    })
    expect(resolve(claim(full))).toEqual({ rule: 'full' })
    expect(resolve(claim(full, visitor))).toEqual({ rule: 'full' })
    expect(resolve(claim(almost)).rule).toBe('anonymous-linked')
    expect(resolve(claim(almost, visitor)).rule).toBe('merged')
  })

  it('an event without identifiers is a mistake of the caller', () => {
    expect(() => resolve({})).toThrow('identifiers')
  })
})
