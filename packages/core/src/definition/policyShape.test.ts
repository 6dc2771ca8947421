import { describe, expect, it } from 'vitest'
import { validateSet } from '../plan/validateSet.ts'
import type { DefinitionChange, PublishedSet } from './definition.ts'
import { validate } from './validate.ts'

const experience = (policy: unknown, goal: string | undefined = 'bought') => ({
  tactic: 'content',
  touchpoints: ['hero'],
  variants: ['a', 'b'].map(key => ({ key, content: { hero: key } })),
  policy,
  ...(goal !== undefined && { goal }),
})
const paths = (policy: unknown) =>
  validate('experience', 'x', experience(policy)).map(({ path, message }) => `${path}: ${message}`)

describe('the policy of an experience', () => {
  it.each([
    { kind: 'split' },
    { kind: 'sticky-split', audience: 'always' },
    { kind: 'rules', rules: [{ when: { trait: 'plan', is: 'pro' }, variant: 'a' }], otherwise: 'b', floor: 0.1 },
    { kind: 'bandit', floor: 0.02, halfLife: '28d' },
    {
      kind: 'contextual',
      inputs: [
        { key: 'age', kind: 'numeric', from: { trait: 'age' } },
        { key: 'pro', kind: 'boolean', from: { when: { segment: 'pro' } } },
      ],
    },
    { kind: 'rollout', variant: 'a', guardrails: ['bounced'] },
  ])('may be $kind', policy => {
    expect(paths(policy)).toEqual([])
  })

  it.each([
    ['bandit', 'policy: a policy must be an object, but is text'],
    [{ kind: 'bandits' }, 'policy.kind: "bandits" is no kind of it'],
    [{ kind: { toString: 1 } }, 'policy.kind: {"toString":1} is no kind of it'],
    [
      { kind: 'rules', rules: [{ when: { triat: 'x' }, variant: 'a' }] },
      'policy.rules[0].when.triat: "triat" is no condition',
    ],
    [
      { kind: 'rules', rules: [{ when: { trait: 'x', is: 1 }, variant: 'c' }] },
      'policy.rules[0].variant: there is no variant "c"',
    ],
    [{ kind: 'bandit', floor: 0.6 }, 'policy.floor: '],
    [
      { kind: 'contextual', inputs: [{ key: 'x', kind: 'numeric', from: { trait: 'x', context: 'x' } }] },
      'policy.inputs[0].from: an input is read from one place',
    ],
    [{ kind: 'contextual', inputs: [{ key: 'x', kind: 'number', from: { trait: 'x' } }] }, 'policy.inputs[0].kind: '],
    [{ kind: 'split', sticky: true }, 'policy.sticky: '],
    [{ kind: 'sticky-split', audience: 'never' }, 'policy.audience: '],
    [{ kind: 'rollout', variant: 'c', guardrails: ['m'] }, 'policy.variant: there is no variant "c"'],
  ])('%j is refused, with the place', (policy, expected) => {
    expect(paths(policy)[0]).toContain(expected)
  })

  it('an input that says not where it is read from: the mend says what can be', () => {
    const missing = { kind: 'contextual', inputs: [{ key: 'x', kind: 'numeric' }] }
    expect(validate('experience', 'x', experience(missing))[0]).toEqual({
      path: 'policy.inputs[0].from',
      message: '"from" is missing',
      mend: 'add it: one of {"trait": …}, {"computed": …}, {"context": …}, {"when": …}',
    })
  })

  it('learns only with a goal', () => {
    const { goal: _, ...body } = experience({ kind: 'bandit' })
    expect(validate('experience', 'x', body).map(({ path }) => path)).toEqual(['goal'])
  })
})

describe('what a policy names', () => {
  const empty: PublishedSet = { version: 1, definitions: [] }
  const base = [
    { kind: 'touchpoint', key: 'hero', body: { channel: 'web' } },
    { kind: 'metric', key: 'bought', body: { type: 'conversion', event: 'Bought', window: '7d' } },
  ]
  const problems = (policy: unknown, more: unknown[] = [], goal = 'bought') =>
    validateSet(
      [...base, ...more, { kind: 'experience', key: 'x', body: experience(policy, goal) }] as DefinitionChange[],
      empty,
    ).map(({ path, message }) => `${path}: ${message}`)

  it('must exist', () => {
    expect(problems({ kind: 'rules', rules: [{ when: { segment: 'pro' }, variant: 'a' }] })).toEqual([
      'policy.rules[0].when.segment: there is no segment "pro"',
    ])
    expect(problems({ kind: 'rollout', variant: 'a', guardrails: ['gone'] })).toEqual([
      'policy.guardrails[0]: there is no metric "gone"',
    ])
    const inputs = [{ key: 'n', kind: 'numeric', from: { computed: 'orders' } }]
    expect(problems({ kind: 'contextual', inputs })).toEqual([
      'policy.inputs[0].from.computed: there is no computed trait "orders"',
    ])
    const when = [{ key: 'n', kind: 'boolean', from: { when: { segment: 'pro' } } }]
    expect(problems({ kind: 'contextual', inputs: when })).toEqual([
      'policy.inputs[0].from.when.segment: there is no segment "pro"',
    ])
  })

  it('must be of a kind that an input can be', () => {
    const of = 'Order Completed'
    const made = { seen: { list: 'category', of }, orders: { count: of }, last: { last: 'total', of } }
    const more = Object.entries(made).map(([key, value]) => ({ kind: 'computedTrait', key, body: { value } }))
    const read = (kind: string, computed: string) => {
      const levels = kind === 'categorical' ? { levels: ['3'] } : {}
      return problems({ kind: 'contextual', inputs: [{ key: 'n', kind, from: { computed }, ...levels }] }, more)
    }
    for (const kind of ['numeric', 'boolean', 'categorical']) {
      expect(read(kind, 'seen')).toEqual([
        'policy.inputs[0].from.computed: "seen" is a list, of which no input can be made',
      ])
      expect(read(kind, 'last')).toEqual([])
    }
    expect(read('boolean', 'orders')).toEqual([
      'policy.inputs[0].from.computed: "orders" is a number, and never true or false',
    ])
    for (const kind of ['numeric', 'categorical']) expect(read(kind, 'orders')).toEqual([])
  })

  it('must come to an end where something is learned from it', () => {
    const more = [
      { kind: 'metric', key: 'ever', body: { type: 'conversion', event: 'Bought' } },
      { kind: 'metric', key: 'size', body: { type: 'mean', event: 'Bought', property: 'total', window: '7d' } },
    ]
    expect(problems({ kind: 'bandit' }, more)).toEqual([])
    expect(problems({ kind: 'bandit' }, more, 'ever')[0]).toMatch(/^goal: without a window/)
    expect(problems({ kind: 'bandit' }, more, 'size')[0]).toMatch(/^goal: one decision brings no mean/)
    expect(problems({ kind: 'bandit', reward: 'value' }, more)[0]).toMatch(/^goal: a conversion has no value/)
    expect(problems({ kind: 'split' }, more, 'ever')).toEqual([])
  })
})
