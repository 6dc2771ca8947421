import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { decisionRow } from './row.ts'
import { bucketKeys, catalogOf, compiledOf, personOf } from './testing.ts'

const action = (priority: number, more: object = {}) => ({
  tactic: 'support',
  touchpoints: ['support.panel'],
  priority,
  control: 0.3,
  variants: [{ key: 'a', content: { 'support.panel': { say: `Action ${priority} for {{ person.name }}` } } }],
  ...more,
})
const set = compiledOf({
  settings: { workspace: { holdout: 0 } },
  touchpoint: { 'support.panel': { channel: 'support', slots: 3, default: { say: 'Ask how you can help' } } },
  experience: {
    refund: action(4),
    upgrade: action(3, { audience: { trait: 'plan', is: 'free' } }),
    call: action(2),
    tip: action(1, { control: 0, caps: [{ times: 1 }] }),
    never: action(0),
  },
})

const ask = (bucketKey: string, traits = {}) =>
  decide({
    set,
    profile: personOf({ bucketKey, traits: { name: 'Ada', ...traits } }),
    context: {},
    now: 0,
    touchpoints: ['support.panel'],
    items: catalogOf({}),
    explain: true,
  })

describe('a touchpoint of several slots', () => {
  it('answers the best experiences in their order: the first is the next best action', () => {
    for (const key of bucketKeys(30)) {
      expect(ask(key).answers.map(({ experience, rank }) => [rank, experience])).toEqual([
        [1, 'refund'],
        [2, 'call'],
        [3, 'tip'],
      ])
      expect(ask(key, { plan: 'free' }).answers.map(({ experience }) => experience)).toEqual([
        'refund',
        'upgrade',
        'call',
      ])
    }
  })

  it('keeps each one’s control group: its slot shows the default and is not given to the next', () => {
    const answers = bucketKeys(200).map(key => ask(key).answers)
    expect(answers.every(list => list.length === 3)).toBe(true)
    const controls = answers.map(list => list.map(answer => answer.control))
    expect(controls.filter(([first]) => first).length / 200).toBeCloseTo(0.3, 1)
    expect(controls.filter(([, second]) => second).length / 200).toBeCloseTo(0.3, 1)
    for (const answer of answers.flat()) {
      expect(answer.content).toEqual({
        say: answer.control ? 'Ask how you can help' : expect.stringMatching(/^Action \d for Ada$/),
      })
    }
  })

  it('R7 logs each answer; explains the touchpoint once; binds what each binds', () => {
    const decision = ask(bucketKeys(1)[0]!)
    const row = decisionRow({
      workspace: 'w',
      profile: 'p',
      bucketKey: 'b',
      requestId: 'r',
      timestamp: 0,
      definitions: 1,
      context: {},
      decision,
    })
    expect(row?.['answers.experience']).toEqual(['refund', 'call', 'tip'])
    expect(row?.['answers.touchpoint']).toEqual(Array.from({ length: 3 }, () => 'support.panel'))
    expect(decision.answers.map(answer => answer.explanation !== undefined)).toEqual([true, false, false])
    const outcomes = decision.answers[0]!.explanation!.candidates as { outcome: string }[]
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['won', 'audience', 'won', 'won', 'lower-priority'])
    expect(decision.binding?.shows).toEqual([{ key: 'served:experience:tip', keep: 1 }])
  })
})
