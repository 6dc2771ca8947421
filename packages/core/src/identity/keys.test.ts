import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../json.ts'
import { blockedBy, isBlocked } from './blocked.ts'
import { formed } from './form.ts'
import { keysOf, namesMore } from './keys.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import type { Named } from './reader.ts'
import { compileRules, DEFAULT_IDENTITY, identityRules, type KindSetting } from './rules.ts'

const of = (...kinds: KindSetting[]) => compileRules(identityRules({ kinds }))
const event = (more: Partial<Named> & { context?: JsonObject } = {}): Named => ({
  type: 'track',
  properties: {},
  context: {},
  ...more,
})

describe('placeholders', () => {
  it.each([
    'null',
    'NULL',
    ' undefined ',
    'NaN',
    'None',
    'nil',
    'anonymous',
    'Guest',
    'test',
    'Test',
    'n/a',
    'not_authenticated',
    '[object Object]',
    '{}',
    '-1',
    '0',
    '0000',
    '-',
    '',
    '   ',
    '00000000-0000-0000-0000-000000000000',
    '0'.repeat(500),
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  ])('%j names nobody', value => {
    expect(isBlocked(value)).toBe(true)
  })

  it.each([
    'nullable',
    '0-1',
    '-12',
    'tester',
    'anonymous-7',
    '1',
    'ada',
    'f'.repeat(36),
  ])('%j may name somebody', value => {
    expect(isBlocked(value)).toBe(false)
  })

  it("a workspace's own: exact, by beginning, by end", () => {
    const blocks = blockedBy(['Office@x.example', 'qa-*', '*@test.example'])
    expect(['office@x.example ', 'QA-7', 'qa-', 'a@TEST.example'].map(blocks)).toEqual([true, true, true, true])
    expect(['office@x.example2', 'aqa-7', 'a@test.example.org', ''].map(blocks)).toEqual([false, false, false, false])
    expect(blockedBy(['*'])('anything')).toBe(true)
    expect(blockedBy([])('')).toBe(false)
  })
})

describe('how values are compared', () => {
  it.each([
    ['email', ' Ada.L@X.Example ', 'ada.l@x.example'],
    ['email', 'ada', undefined],
    ['email', 'a b@x.example', undefined],
    ['email', '@x', undefined],
    ['phone', '+49 (0)30 / 12.34-56', '+49030123456'],
    ['phone', '12345', undefined],
    ['phone', 4930123456, '4930123456'],
    ['phone', 'call me', undefined],
    ['text', 77, '77'],
    ['text', ' as it is ', ' as it is '],
    ['text', true, undefined],
    ['text', ['a'], undefined],
    ['text', null, undefined],
    ['text', 'a\u0000b', undefined],
    ['text', 'half \ud800', undefined],
    ['text', 'x'.repeat(501), undefined],
    ['text', Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['text', 2 ** 60, undefined],
    ['text', Number.POSITIVE_INFINITY, undefined],
  ] as const)('%s of %j is %j', (form, value, expected) => {
    expect(formed(value as never, form)).toBe(expected)
  })
})

describe('what an event names somebody by', () => {
  it('users, then devices, unless the workspace says more', () => {
    const rules = compileRules(DEFAULT_IDENTITY)
    const both = event({ anonymousId: 'a', userId: 'u', context: { traits: { email: 'ada@x.example' } } })
    expect(keysOf(both, rules)).toEqual(['userId:u', 'anonymousId:a'])
    expect(keysOf(event(), rules)).toEqual([])
    expect(namesMore(both, rules)).toBe(false)
  })

  it('in the order of the workspace, all kinds it does not name last but users', () => {
    const rules = of({ kind: 'email' }, { kind: 'loyalty', from: ['properties.card', 'context.card.number'] })
    const full = event({
      anonymousId: 'a',
      userId: 'u',
      properties: { card: 7 },
      context: { traits: { email: 'ADA@x.example' }, card: { number: '8' } },
    })
    expect(keysOf(full, rules)).toEqual(['userId:u', 'email:ada@x.example', 'loyalty:7', 'loyalty:8', 'anonymousId:a'])
    expect(namesMore(full, rules)).toBe(true)
    expect(keysOf(full, rules, false)).toEqual(['userId:u', 'anonymousId:a'])
  })

  it('traits are those of identify, before those of the context; the same value counts once', () => {
    const rules = of({ kind: 'email' })
    const context = { traits: { email: 'two@x.example' } }
    const say = (more: Partial<Named>) => keysOf(event({ context, ...more }), rules)
    expect(say({ type: 'identify', properties: { email: 'one@x.example' } })).toEqual([
      'email:one@x.example',
      'email:two@x.example',
    ])
    expect(say({ type: 'identify', properties: { email: 'Two@x.example' } })).toEqual(['email:two@x.example'])
    expect(say({ type: 'group', properties: { email: 'office@x.example' } })).toEqual(['email:two@x.example'])
    expect(say({ type: 'track', properties: { email: 'one@x.example' } })).toEqual(['email:two@x.example'])
  })

  it('externalIds of users in plain text, by type', () => {
    const rules = of({ kind: 'push', from: ['externalIds.ios.push_token'] })
    const id = (id: unknown, more: object = {}) => ({ id, type: 'ios.push_token', ...more })
    const externalIds = [
      id('1', { collection: 'users', encoding: 'none' }),
      id('2', { collection: 'accounts' }),
      id('3', { encoding: 'md5' }),
      { id: '4', type: 'ios.idfa' },
      id('5'),
      'no object',
      null,
      id({ deep: true }),
    ] as JsonObject[]
    expect(keysOf(event({ context: { externalIds } }), rules)).toEqual(['push:1', 'push:5'])
    expect(keysOf(event({ context: { externalIds: { id: '1' } } }), rules)).toEqual([])
  })

  it('blocked values count as missing: the others still name somebody', () => {
    const rules = of({ kind: 'userId', blocked: ['admin'] }, { kind: 'email', blocked: ['*@test.example'] })
    const context = { traits: { email: 'qa@test.example' } }
    expect(keysOf(event({ userId: 'Admin', anonymousId: 'a', context }), rules)).toEqual(['anonymousId:a'])
    expect(keysOf(event({ userId: 'Admin', anonymousId: 'null', context }), rules)).toEqual([])
  })

  it('R11 no more than a few identifiers, the most important first', () => {
    const rules = of({ kind: 'card', from: ['externalIds.card'] })
    const externalIds = Array.from({ length: 50 }, (_, i) => ({ id: `c${i}`, type: 'card' }))
    const keys = keysOf(event({ userId: 'u', anonymousId: 'a', context: { externalIds } }), rules)
    expect(keys).toHaveLength(IDENTITY_LIMITS.keys)
    expect(keys[0]).toBe('userId:u')
  })

  it('a path leads through plain objects only', () => {
    const rules = of({ kind: 'odd', from: ['context.__proto__', 'traits.length', 'properties.a.b'] })
    expect(keysOf(event({ properties: { a: [{ b: 'x' }] }, context: { traits: ['x'] as never } }), rules)).toEqual([])
  })
})

describe('the rules of a workspace', () => {
  it('where nothing is said: users and devices', () => {
    expect(identityRules(undefined)).toBe(DEFAULT_IDENTITY)
    expect(identityRules({})).toBe(DEFAULT_IDENTITY)
  })

  it('have presets by name, which can be changed one by one', () => {
    const { kinds } = identityRules({
      kinds: [
        { kind: 'email', unique: true },
        { kind: 'anonymousId', people: 4 },
      ],
    })
    expect(kinds.map(({ kind, limit, people }) => [kind, limit, people])).toEqual([
      ['userId', 1, 1],
      ['email', 1, 1],
      ['anonymousId', IDENTITY_LIMITS.identifiers, 4],
    ])
    expect(kinds[1]?.from).toEqual(['traits.email', 'externalIds.email'])
  })

  it('are plain JSON, and compiled once', () => {
    const rules = identityRules({ kinds: [{ kind: 'email' }, { kind: 'deviceToken' }] })
    expect(JSON.parse(JSON.stringify(rules))).toEqual(rules)
    expect(compileRules(rules)).toBe(compileRules(rules))
  })
})
