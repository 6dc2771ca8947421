import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseVariation, getBucketRanges, hasher, POINTS } from '../bucket/bucket.ts'
import { compileShares } from './shares.ts'
import { SHARE_OF, STAGES, type Stage, signalOf, startRollout, stepRollout } from './stages.ts'
import { DAY, frequencies, policyOf } from './testing.ts'

const weights = fc
  .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 })
  .filter(list => list.some(n => n > 0))
  .map(list => list.map(n => n / list.reduce((a, b) => a + b)))

const ask = (bucketKey: string) => ({ bucketKey, now: 0, subject: undefined })

describe('split', () => {
  it('R6 gives everybody what the same weights gave before there were policies', () => {
    fc.assert(
      fc.property(weights, fc.string(), (list, key) => {
        const policy = policyOf({ kind: 'split' }, [], [], {
          variants: list.map((weight, i) => ({ key: `v${i}`, weight })),
        })
        const drawn = chooseVariation(hasher('test')(key), getBucketRanges(list.length, 1, list))
        expect(policy.choose(ask(key)).arm).toBe(drawn === -1 ? list.length - 1 : drawn)
      }),
    )
  })

  it('a variant that may not be shown moves only those who would get it, and by the others’ shares', () => {
    fc.assert(
      fc.property(weights, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (list, mask) => {
        const eligible = mask.slice(0, list.length)
        const shares = compileShares(list)
        const counts = list.map(() => 0)
        let moved = 0
        for (let k = 0; k < POINTS; k++) {
          const before = shares.at(k)
          const after = shares.at(k, eligible)
          if (eligible[before] && after !== before) moved++
          if (after >= 0) counts[after]!++
        }
        expect(moved).toBe(0)
        expect(Array.from(shares.points(eligible))).toEqual(counts)
        expect(counts.reduce((a, b) => a + b)).toBe(eligible.includes(true) ? POINTS : 0)
        const total = list.reduce((sum, weight, i) => sum + (eligible[i] ? weight : 0), 0)
        for (const [i, count] of counts.entries()) {
          if (!eligible[i]) expect(count).toBe(0)
          // Each of up to six variants rounds to a point, twice.
          else if (total > 0) expect(Math.abs(count / POINTS - list[i]! / total)).toBeLessThan(0.002)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('sticky: whoever has a variant keeps it and its propensity, as long as it may be shown', () => {
    const keys = ['a', 'b']
    const held = { arm: 1, propensity: 0.2, model: 0, period: 0 }
    const sticky = policyOf({ kind: 'sticky-split' }, keys)
    const plain = policyOf({ kind: 'split' }, keys)
    const key = Array.from({ length: 50 }, (_, i) => `k${i}`).find(k => plain.choose(ask(k)).arm === 0)!
    expect(sticky.choose({ ...ask(key), held })).toMatchObject({ arm: 1, propensity: 0.2, basis: 'held' })
    expect(sticky.choose(ask(key))).toMatchObject({ arm: 0, propensity: 0.5, basis: 'split' })
    expect(plain.choose({ ...ask(key), held }).arm).toBe(0)
    expect(sticky.choose({ ...ask(key), held, eligible: [true, false] })).toMatchObject({ arm: 0, propensity: 1 })
    expect(sticky.choose({ ...ask(key), held: { ...held, arm: 7 } }).arm).toBe(0)
  })
})

describe('rules', () => {
  interface Subject {
    readonly vip: boolean
    readonly app: boolean
  }
  const spec = {
    kind: 'rules' as const,
    rules: [
      { when: { trait: 'vip', is: true }, variant: 'gold' },
      { when: { context: 'app', is: true }, variant: 'app' },
    ],
  }
  const tests = [(s: Subject) => s.vip, (s: Subject) => s.app]
  const of = (more = {}) => policyOf<Subject>({ ...spec, ...more }, ['gold', 'app', 'rest'], [], { tests })
  const choose = (policy: ReturnType<typeof of>, vip: boolean, app: boolean, eligible?: boolean[]) =>
    policy.choose({ bucketKey: 'k', now: 0, subject: { vip, app }, ...(eligible && { eligible }) })

  it('the first that holds and may be shown decides, for certain', () => {
    expect(choose(of(), true, true)).toMatchObject({ arm: 0, propensity: 1, basis: 'rule' })
    expect(choose(of(), false, true).arm).toBe(1)
    expect(choose(of(), true, true, [false, true, true]).arm).toBe(1)
    expect(choose(of(), false, false)).toMatchObject({ arm: -1, propensity: 1, basis: 'no-rule' })
    expect(choose(of({ otherwise: 'rest' }), false, false).arm).toBe(2)
    expect(choose(of({ otherwise: 'rest' }), false, false, [true, true, false]).basis).toBe('no-rule')
    expect(choose(of(), true, true, [false, false, false]).basis).toBe('none-eligible')
  })

  it('R7 with a floor every variant has its chance, and is chosen as often', () => {
    const policy = of({ floor: 0.05 })
    const found = frequencies(policy, { now: 0, subject: { vip: true, app: false } }, 3, 20_000)
    for (const [i, p] of [0.9, 0.05, 0.05].entries()) expect(Math.abs(found[i]! - p)).toBeLessThan(0.01)
    expect([0.9, 0.05]).toContain(choose(policy, true, false).propensity)
  })
})

describe('rollout', () => {
  const at = (stage: Stage, otherwise?: string) =>
    policyOf(
      { kind: 'rollout', variant: 'new', guardrails: ['errors'], ...(otherwise && { otherwise }) },
      ['old', 'new'],
      [],
      {
        rollout: { stage, since: 0 },
      },
    )
  const people = Array.from({ length: 3000 }, (_, i) => `p${i}`)

  it('R6 a larger stage only adds people', () => {
    let before = new Set<string>()
    for (const stage of ['halted', '1', '5', '25', '50', '100'] as const) {
      const policy = at(stage, 'old')
      const now = new Set(people.filter(key => policy.choose(ask(key)).arm === 1))
      for (const key of before) expect(now.has(key)).toBe(true)
      expect(Math.abs(now.size / people.length - SHARE_OF[stage])).toBeLessThan(0.03)
      before = now
    }
    expect(before.size).toBe(people.length)
  })

  it('R7 states the chance of what each gets', () => {
    const inside = people.find(key => at('5').choose(ask(key)).arm === 1)!
    const outside = people.find(key => at('25').choose(ask(key)).arm === -1)!
    expect(at('25').choose(ask(inside))).toMatchObject({ arm: 1, propensity: 0.25 })
    expect(at('25').choose(ask(outside))).toMatchObject({ arm: -1, propensity: 0.75 })
    expect(at('25', 'old').choose(ask(outside))).toMatchObject({ arm: 0, propensity: 0.75 })
    expect(at('25', 'old').choose({ ...ask(inside), eligible: [true, false] })).toMatchObject({ arm: 0, propensity: 1 })
    expect(at('25').state(0).sentence).toBe('new is shown to 25 % of people.')
  })

  const needs = { time: DAY, people: 100 }

  it('goes on when it is well, and back to nobody by itself when a guardrail is hurt', () => {
    let state = startRollout(0)
    const stages = [1, 2, 3, 4, 5].map(day => {
      state = stepRollout(state, signalOf(['not-hurt', 'too-early'], 500, state, day * DAY, needs), day * DAY)
      return state.stage
    })
    expect(stages).toEqual(['5', '25', '50', '100', '100'])
    const halted = stepRollout(state, signalOf(['not-hurt', 'hurt'], 0, state, 5 * DAY + 1, needs), 5 * DAY + 1)
    expect(halted).toEqual({ stage: 'halted', since: 5 * DAY + 1, signal: 'hurt' })
    // Nothing but a person starts it again, and from the beginning.
    expect(stepRollout(halted, signalOf(['not-hurt'], 1e6, halted, 99 * DAY, needs), 99 * DAY)).toBe(halted)
    expect(stepRollout(halted, 'resumed', 99 * DAY)).toMatchObject({ stage: '1', since: 99 * DAY })
  })

  it('waits for time and for people, and a clock that goes back is no time', () => {
    const state = startRollout(10 * DAY)
    expect(signalOf([], 99, state, 20 * DAY, needs)).toBe('unclear')
    expect(signalOf([], 1000, state, 10.9 * DAY, needs)).toBe('unclear')
    expect(signalOf([], 1000, state, 1 * DAY, needs)).toBe('unclear')
    expect(stepRollout(state, 'unclear', 11 * DAY)).toBe(state)
  })

  it('whatever is signalled, being hurt or stopped leads to nobody, and no stage is skipped', () => {
    const order: Stage[] = ['halted', '1', '5', '25', '50', '100']
    for (const [stage, row] of Object.entries(STAGES) as [Stage, (typeof STAGES)[Stage]][]) {
      expect([row.hurt, row.stopped]).toEqual(['halted', 'halted'])
      for (const next of [row.well, row.unclear, row.resumed]) {
        expect(order.indexOf(next) - order.indexOf(stage)).toBeLessThanOrEqual(1)
      }
    }
  })
})
