import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bound, mergedBound, UNBOUND, withBinding } from '../profile/bound.ts'
import { type DecideInput, type Decision, decide } from './decide.ts'
import { decisionRow } from './row.ts'
import { bucketKeys, catalogOf, compiledOf, personOf } from './testing.ts'

const NOW = Date.UTC(2026, 10, 22)
const DAY = 86_400_000
const keys = bucketKeys(300)

interface Changes {
  readonly weights?: Readonly<Record<string, number>>
  readonly control?: number
  readonly holdout?: number
  readonly seed?: string
  readonly start?: string
  readonly policy?: object
  readonly more?: object
}

/** An experience for people on plan pro, and one for everybody behind it. */
function world({ weights = { a: 0.5, b: 0.5 }, control = 0.2, holdout = 0, seed, start, policy, more }: Changes = {}) {
  return compiledOf({
    settings: { workspace: { holdout } },
    touchpoint: { hero: { channel: 'web', default: 'default' }, mail: { channel: 'email', default: 'default' } },
    experience: {
      test: {
        tactic: 'content',
        touchpoints: ['hero', 'mail'],
        audience: { trait: 'plan', is: 'pro' },
        policy: policy ?? { kind: 'sticky-split' },
        priority: 1,
        control,
        ...(seed && { seed }),
        ...(start && { schedule: { start } }),
        variants: Object.entries(weights).map(([key, weight]) => ({ key, weight, content: { hero: key, mail: key } })),
        ...more,
      },
      next: { tactic: 'content', touchpoints: ['hero'], control: 0, variants: [{ key: 'n', content: { hero: 'n' } }] },
    },
  })
}

function ask(
  set: ReturnType<typeof world>,
  bucketKey: string,
  { bound, plan = 'pro', ...more }: Partial<DecideInput> & { bound?: Bound; plan?: string } = {},
): Decision {
  const profile = { ...personOf({ bucketKey, traits: { plan } }), ...(bound && { bound }) }
  return decide({ set, profile, context: {}, now: NOW, touchpoints: ['hero'], items: catalogOf({}), ...more })
}
const bind = ({ binding }: Decision, bound = UNBOUND, at = NOW) =>
  binding === undefined ? bound : withBinding(bound, binding, at)
const arm = ({ answers: [answer] }: Decision) => (answer!.control ? 'control' : answer!.variant)

describe('a sticky split', () => {
  it('draws like a split, and binds what it drew, at all touchpoints alike', () => {
    const [split, sticky] = [world({ policy: { kind: 'split' } }), world()]
    for (const key of keys) {
      const [was, is] = [split, sticky].map(set => ask(set, key, { touchpoints: ['hero', 'mail'] }))
      expect(is!.answers).toEqual(was!.answers)
      expect(was!.binding).toBeUndefined()
      const { variant, propensity } = is!.answers[0]!
      const kept = { at: NOW, arm: variant ? 'variant' : 'control', variant: variant ?? '', propensity }
      expect(is!.binding).toEqual({ shows: [], grants: {}, quotes: {}, assigned: { 'test:test': kept } })
    }
  })

  it('whoever was given something keeps it, whatever becomes of weights, control group and audience', () => {
    const weights = fc
      .tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 10 }))
      .filter(list => list.some(n => n > 0))
      .map(list => list.map(n => n / list.reduce((x, y) => x + y)))
      .map(([a, b, c]) => ({ a: a!, b: b!, c: c! }))
    const step = fc.record({
      weights,
      control: fc.constantFrom(0, 0.2, 0.6, 1),
      plan: fc.constantFrom('pro', 'free'),
      days: fc.integer({ min: 0, max: 40 }),
    })
    const steps = fc.array(step, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom(...keys), steps, (key, list) => {
        let bound = UNBOUND
        let first: { arm: string | undefined; propensity: number; at: number } | undefined
        let now = NOW
        for (const { weights, control, plan, days } of list) {
          now += days * DAY
          const decision = ask(world({ weights, control }), key, { bound, plan, now })
          const answer = decision.answers[0]!
          if (first === undefined && plan === 'free') {
            expect(answer.experience).toBe('next')
            expect(decision.binding).toBeUndefined()
          } else if (first === undefined) {
            first = { arm: arm(decision), propensity: answer.propensity, at: now }
            expect(answer).not.toHaveProperty('held')
            const share = answer.control ? control : (1 - control) * weights[answer.variant as 'a']
            expect(answer.propensity).toBeCloseTo(share, 3)
            expect(answer.propensity).toBeGreaterThan(0)
          } else {
            expect(arm(decision)).toBe(first.arm)
            expect(answer).toMatchObject({ experience: 'test', propensity: 1 })
            expect(answer.held).toEqual({ since: first.at, propensity: first.propensity })
            expect(decision.binding).toBeUndefined()
          }
          bound = bind(decision, bound, now)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('that asks its audience always shows nothing to who left it, and the same again to who is back', () => {
    const set = world({ policy: { kind: 'sticky-split', audience: 'always' } })
    const other = world({ policy: { kind: 'sticky-split', audience: 'always' }, weights: { a: 0, b: 1 } })
    const key = keys.find(key => arm(ask(set, key)) === 'a')!
    const bound = bind(ask(set, key))
    expect(ask(set, key, { bound, plan: 'free' }).answers[0]).toMatchObject({ experience: 'next' })
    expect(ask(other, key, { bound }).answers[0]).toMatchObject({ variant: 'a', propensity: 1 })
  })

  it('R7 the log says what was held and by which chance it was drawn', () => {
    const key = keys.find(key => arm(ask(world(), key)) === 'b')!
    const bound = bind(ask(world(), key))
    const decision = ask(world({ weights: { a: 0.9, b: 0.1 } }), key, { bound, explain: true, plan: 'free' })
    const row = decisionRow({
      workspace: 'w',
      profile: 'p',
      bucketKey: key,
      requestId: 'r',
      timestamp: NOW,
      definitions: 1,
      context: {},
      decision,
    })!
    expect(row['answers.propensity']).toEqual([1])
    expect(row.inputs.held).toEqual({ test: { variant: 'b', propensity: 0.4, since: NOW } })
    const [candidate] = decision.answers[0]!.explanation!.candidates as object[]
    expect(candidate).toMatchObject({
      outcome: 'won',
      audience: { value: false },
      held: { arm: 'variant', variant: 'b', since: NOW, propensity: 0.4 },
    })
  })

  it('forgets with a new start: another seed, or a later beginning', () => {
    for (const key of keys.slice(0, 50)) {
      const bound = bind(ask(world(), key))
      for (const anew of [
        world({ seed: 'again', weights: { a: 0, b: 1 } }),
        world({ start: '2026-11-23', weights: { a: 0, b: 1 } }),
      ]) {
        const decision = ask(anew, key, { bound, now: NOW + 2 * DAY })
        expect(decision.answers[0]).not.toHaveProperty('held')
        expect(decision.binding!.assigned).toBeDefined()
        expect(arm(decision)).toMatch(/^(b|control)$/)
        const after = bind(decision, bound, NOW + 2 * DAY)
        expect(arm(ask(anew, key, { bound: after, now: NOW + 3 * DAY }))).toBe(arm(decision))
      }
    }
  })

  it('draws anew who held a variant that is gone', () => {
    const key = keys.find(key => arm(ask(world(), key)) === 'a')!
    const decision = ask(world({ weights: { b: 0.5, c: 0.5 } }), key, { bound: bind(ask(world(), key)) })
    expect(decision.answers[0]!.variant).toMatch(/^[bc]$/)
    expect(decision.answers[0]).not.toHaveProperty('held')
    expect(decision.binding!.assigned!['test:test']).toMatchObject({ variant: decision.answers[0]!.variant })
  })

  it('the holdout goes first and keeps a place: who comes out of it is drawn for, and those left out stay beside the others', () => {
    const [held, free] = [world({ holdout: 0.5 }), world()]
    const out = keys.filter(key => ask(held, key).answers[0]!.holdout).slice(0, 50)
    expect(out).toHaveLength(50)
    for (const key of out) {
      const left = ask(held, key)
      expect(left.answers[0]).toMatchObject({ reason: 'holdout', experience: 'test' })
      const bound = bind(left)
      // The audience holds no more: those left out are still those of this experience.
      const later = ask(held, key, { bound, plan: 'free' })
      expect(later.answers[0]).toMatchObject({ reason: 'holdout', experience: 'test' })
      expect(later.binding).toBeUndefined()
      const drawn = ask(free, key, { bound, plan: 'free' })
      expect(arm(drawn)).toBe(arm(ask(free, key)))
      const kept = bind(drawn, bound)
      expect(ask(held, key, { bound: kept }).answers[0]).toMatchObject({ reason: 'holdout' })
      expect(ask(free, key, { bound: kept }).answers[0]!.held).toBeDefined()
    }
  })

  it('of two people who become one the earlier draw holds, for both when they are told apart again', () => {
    const [a, b] = ['a', 'b'].map(variant => keys.find(key => arm(ask(world(), key)) === variant)!)
    const early = bind(ask(world(), a!, { now: NOW }))
    const late = bind(ask(world(), b!, { now: NOW + 1 }), UNBOUND, NOW + 1)
    const one = mergedBound(late, early)!
    for (const key of [a!, b!]) {
      expect(ask(world(), key, { bound: one, now: NOW + 2 }).answers[0]).toMatchObject({ variant: 'a', propensity: 1 })
    }
  })

  it('where nothing can be stored, or nothing happens, it is the draw, and nothing is bound', () => {
    for (const key of keys.slice(0, 50)) {
      const drawn = ask(world(), key)
      const unstored = ask(world(), key, { binds: false })
      expect(unstored.answers).toEqual(drawn.answers)
      expect(unstored.binding).toBeUndefined()
      const preview = ask(world(), key, { preview: { variants: new Map() } })
      expect(arm(preview)).toBe(arm(drawn))
      expect(preview.binding).toBeUndefined()
    }
  })

  it('whoever is kept in the control group has no need of its offer', () => {
    const offer = { offer: { terms: { percent: 5 }, lasts: '9d' } }
    const key = keys.find(key => arm(ask(world({ more: offer }), key)) === 'control')!
    const bound = bind(ask(world({ more: offer }), key))
    const later = ask(world({ more: offer, control: 0 }), key, { bound })
    expect(later.wants).toEqual([])
    expect(later.answers[0]).toMatchObject({ reason: 'control', propensity: 1 })
  })
})
