import { describe, expect, it } from 'vitest'
import { validate } from '../definition/validate.ts'

const problemsOf = (...kinds: object[]) =>
  validate('settings', 'workspace', { identity: { kinds } }).map(
    ({ path, message, mend }) => `${path}: ${message} -> ${mend}`,
  )

describe('the kinds of identifier in settings', () => {
  it.each([
    [[{ kind: 'email' }, { kind: 'phone', limit: 2 }, { kind: 'deviceToken' }]],
    [[{ kind: 'loyalty', from: ['properties.card', 'externalIds.loyalty'], unique: true, blocked: ['0*'] }]],
    [
      [
        { kind: 'userId', blocked: ['admin'] },
        { kind: 'anonymousId', people: 3, limit: 50 },
      ],
    ],
  ])('may be %j', kinds => {
    expect(problemsOf(...kinds)).toEqual([])
  })

  it.each([
    [[{ kind: 'a:b' }], 'identity.kinds[0].kind: "a:b" does not fit'],
    [[{ kind: 'email' }, { kind: 'email' }], 'identity.kinds[1].kind: "email" is here twice -> leave one out'],
    [[{ kind: 'loyalty' }], 'identity.kinds[0].from: nothing says where events carry "loyalty" -> add from'],
    [[{ kind: 'userId', from: ['traits.id'] }], 'identity.kinds[0].from: userId is a field of every event'],
    [[{ kind: 'anonymousId', form: 'email' }], 'identity.kinds[0].form: anonymousId is compared as it is'],
    [[{ kind: 'email', from: ['email'] }], 'identity.kinds[0].from[0]'],
    [[{ kind: 'email', unique: true, limit: 2 }], 'identity.kinds[0].limit: a unique kind has one value, not 2'],
    [[{ kind: 'userId', limit: 2 }], 'identity.kinds[0].limit: a person is one user'],
    [[{ kind: 'userId', unique: false }], 'identity.kinds[0].unique: a person is one user'],
    [[{ kind: 'userId', people: 2 }], 'identity.kinds[0].people: a userId is one person’s'],
    [[{ kind: 'email', limit: 0 }], 'identity.kinds[0].limit: 0 is too little'],
    [[{ kind: 'email', limit: 501 }], 'identity.kinds[0].limit: 501 is too much'],
    [[{ kind: 'email', priority: 1 }], 'identity.kinds[0].priority: "priority" is not known here'],
    [Array.from({ length: 11 }, (_, i) => ({ kind: `k${i}`, from: ['traits.x'] })), 'identity.kinds: '],
  ])('may not be %j', (kinds, start) => {
    const [first = ''] = problemsOf(...kinds)
    expect(first.slice(0, start.length)).toBe(start)
  })
})
