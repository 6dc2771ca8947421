import Value from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { learnerOf } from './compile.ts'
import { policyProblems } from './problems.ts'
import { PolicySpec } from './spec.ts'

const VARIANTS = ['a', 'b', 'c']
const input = (key: string, more = {}) => ({ key, kind: 'numeric', from: { trait: key }, ...more })

describe('policies as definitions say them', () => {
  it.each([
    [{ kind: 'split' }],
    [{ kind: 'sticky-split', audience: 'always' }],
    [{ kind: 'rules', rules: [{ when: { trait: 'plan', is: 'pro' }, variant: 'a' }], otherwise: 'b' }],
    [{ kind: 'bandit', reward: 'value', period: '1w', floor: 0.05, minimum: 200, halfLife: '4w', balance: true }],
    [{ kind: 'bandit', delay: { mean: '36h' } }],
    [{ kind: 'contextual', inputs: [input('age'), { key: 'm', kind: 'boolean', from: { when: { did: 'Login' } } }] }],
    [{ kind: 'rollout', variant: 'a', guardrails: ['errors'], stageTime: '2d', stagePeople: 500 }],
  ])('%j is fine', spec => {
    expect(Value.Check(PolicySpec, spec)).toBe(true)
    expect(policyProblems(spec as PolicySpec, VARIANTS)).toEqual([])
  })

  it.each([
    [{ kind: 'magic' }],
    [{ kind: 'split', weights: [1] }],
    [{ kind: 'bandit', floor: 0 }],
    [{ kind: 'bandit', period: 'daily' }],
    [{ kind: 'contextual', inputs: [] }],
    [{ kind: 'rollout', variant: 'a', guardrails: [] }],
  ])('%j has no such shape', spec => expect(Value.Check(PolicySpec, spec)).toBe(false))

  it.each([
    [
      { kind: 'rules', rules: [{ when: { trait: 'x', is: 1 }, variant: 'd' }] },
      'policy.rules[0].variant',
      'there is no variant "d"',
    ],
    [
      { kind: 'rollout', variant: 'a', otherwise: 'a', guardrails: ['g'] },
      'policy.otherwise',
      'it is the variant that is rolled out',
    ],
    [{ kind: 'bandit', floor: 0.4 }, 'policy.floor', '3 variants of at least 0.4 are more than everybody'],
    [{ kind: 'bandit', halfLife: '6h' }, 'policy.halfLife', 'results fade by whole draw periods'],
    [
      { kind: 'contextual', inputs: [input('x'), input('x')] },
      'policy.inputs[1].key',
      'inputs[0] is called "x" already',
    ],
    [
      { kind: 'contextual', inputs: [input('x', { from: { when: { did: 'Login' } } })] },
      'policy.inputs[0].from',
      'a condition is true or false',
    ],
  ])('%j: %s', (spec, path, message) => {
    expect(policyProblems(spec as PolicySpec, VARIANTS)).toEqual([{ path, message, mend: expect.any(String) }])
  })

  it('too many columns, too many variants, one variant', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `l${i}`)
    const inputs = ['a', 'b', 'c', 'd'].map(key => input(key, { kind: 'categorical', levels }))
    const wide = { kind: 'contextual', inputs } as PolicySpec
    const many = Array.from({ length: 21 }, (_, i) => `v${i}`)
    expect(policyProblems(wide, many).map(({ message }) => message)).toEqual([
      'the inputs make 81 columns, of which 64 are allowed',
      'it has 21 variants, of which a contextual bandit takes 20',
    ])
    expect(policyProblems({ kind: 'bandit' }, ['a'])[0]!.message).toBe('one variant leaves nothing to learn')
  })

  it('say how they are to be trained', () => {
    const spec = { kind: 'bandit', period: '2d', halfLife: '1w', balance: true, delay: { mean: '1d' } } as const
    expect(learnerOf(spec, { variants: VARIANTS })).toEqual({
      kind: 'beta',
      variants: VARIANTS,
      period: 2 * 86_400_000,
      halfLife: 3.5,
      balance: 10,
      delay: { kind: 'exponential', mean: 86_400_000 },
    })
    expect(learnerOf({ kind: 'bandit', reward: 'value', delay: 'learned' }, { variants: VARIANTS })).not.toHaveProperty(
      'delay',
    )
  })
})
