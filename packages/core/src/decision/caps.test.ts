import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bound, UNBOUND, withBinding } from '../profile/bound.ts'
import type { Answer } from './answer.ts'
import { type Decision, decide } from './decide.ts'
import { bucketKeys, catalogOf, compiledOf, personOf } from './testing.ts'

const HOUR = 3_600_000
const experience = (touchpoints: string[], more: object = {}) => ({
  tactic: 'message',
  touchpoints,
  control: 0.5,
  variants: [{ key: 'a', content: Object.fromEntries(touchpoints.map(key => [key, key])) }],
  ...more,
})
const set = compiledOf({
  settings: { workspace: { holdout: 0, caps: { email: [{ times: 4, per: '48h' }] } } },
  touchpoint: {
    hero: { channel: 'web', caps: [{ times: 3, per: '24h' }] },
    mail: { channel: 'email' },
    news: { channel: 'email' },
    free: { channel: 'web' },
  },
  experience: {
    twice: experience(['hero', 'mail', 'free'], { caps: [{ times: 2, per: '24h' }, { times: 5 }], priority: 2 }),
    once: experience(['hero', 'news'], { caps: [{ times: 1, per: '24h' }], priority: 1 }),
    always: experience(['hero', 'mail', 'news']),
  },
})
const TOUCHPOINTS = ['hero', 'mail', 'news', 'free'] as const
const CHANNEL = { hero: 'web', mail: 'email', news: 'email', free: 'web' } as const
const keys = bucketKeys(200)

function ask(
  bucketKey: string,
  bound: Bound,
  now: number,
  touchpoints: readonly string[],
  more: object = {},
): Decision {
  const profile = { ...personOf({ bucketKey }), bound }
  return decide({ set, profile, context: {}, now, touchpoints, items: catalogOf({}), ...more })
}

/** Asks one time after the other, committing what is bound before the next. */
function sequence(bucketKey: string, asked: readonly (readonly [at: number, touchpoints: readonly string[]])[]) {
  let bound = UNBOUND
  return asked.map(([at, touchpoints]) => {
    const { answers, binding } = ask(bucketKey, bound, at, touchpoints)
    if (binding !== undefined) bound = withBinding(bound, binding, at)
    return { at, answers }
  })
}

const visits = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.subarray([...TOUCHPOINTS], { minLength: 1 })), { maxLength: 25 })
  .map(list => {
    let at = 0
    return list.map(([fifths, touchpoints]) => {
      at += (fifths * HOUR) / 5
      return [at, touchpoints] as const
    })
  })

describe('caps', () => {
  it('are never exceeded in any window: by experience, by touchpoint and by channel', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys.slice(0, 20)), visits, (key, asked) => {
        const served = sequence(key, asked).flatMap(({ at, answers }) => {
          return answers.filter(answer => answer.experience !== undefined).map(answer => ({ at, answer }))
        })
        const count = (per: number, of: (answer: Answer) => boolean, each: 'request' | 'answer') => {
          const times = served.filter(({ answer }) => of(answer)).map(({ at }) => at)
          const all = each === 'request' ? [...new Set(times)] : times
          return Math.max(0, ...all.map(end => all.filter(at => at <= end && at > end - per).length))
        }
        expect(count(24 * HOUR, one => one.experience === 'twice', 'request')).toBeLessThanOrEqual(2)
        expect(count(1e15, one => one.experience === 'twice', 'request')).toBeLessThanOrEqual(5)
        expect(count(24 * HOUR, one => one.experience === 'once', 'request')).toBeLessThanOrEqual(1)
        expect(count(24 * HOUR, one => one.touchpoint === 'hero', 'answer')).toBeLessThanOrEqual(3)
        const onChannel = (one: Answer) => CHANNEL[one.touchpoint as keyof typeof CHANNEL] === 'email'
        expect(count(48 * HOUR, onChannel, 'answer')).toBeLessThanOrEqual(4)
      }),
      { numRuns: 200 },
    )
  })

  it('let the control group go when they let the others go: the same experiences win at the same times', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.constantFrom(...keys), visits, (one, other, asked) => {
        const winners = (key: string) =>
          sequence(key, asked).map(({ answers }) => answers.map(answer => answer.experience ?? answer.reason))
        expect(winners(one)).toEqual(winners(other))
      }),
      { numRuns: 100 },
    )
  })

  it('let both go also where the content cannot be made: it was their turn all the same', () => {
    const caps = [{ times: 1, per: '24h' }]
    const variants = [{ key: 'a', content: { hero: { $list: { items: ['gone'], atLeast: 1 } } } }]
    const broken = compiledOf({
      settings: { workspace: { holdout: 0 } },
      touchpoint: { hero: { channel: 'web', default: 'default' } },
      experience: { list: experience(['hero'], { caps, variants, priority: 1 }), next: experience(['hero']) },
    })
    const winners = (key: string) => {
      const first = ask(key, UNBOUND, 0, ['hero'], { set: broken })
      const bound = first.binding === undefined ? UNBOUND : withBinding(UNBOUND, first.binding, 0)
      const second = ask(key, bound, HOUR, ['hero'], { set: broken })
      return [first, second].map(({ answers: [answer] }) => answer!.experience)
    }
    const reasons = new Set(keys.map(key => ask(key, UNBOUND, 0, ['hero'], { set: broken }).answers[0]!.reason))
    expect(reasons).toEqual(new Set(['too-few-items', 'control']))
    for (const key of keys) expect(winners(key)).toEqual(['list', 'next'])
  })

  it('fall through to what goes next, and at the last to the default with the reason', () => {
    const asked = Array.from({ length: 5 }, (_, i) => [i, ['hero']] as const)
    const won = sequence(keys[0]!, asked).map(({ answers: [answer] }) => answer!.experience ?? answer!.reason)
    expect(won).toEqual(['twice', 'twice', 'once', 'capped', 'capped'])
  })

  it('R7 say in the log what they passed over', () => {
    const shows = { 'served:experience:twice': [1, 2] }
    const { inputs, answers } = ask(keys[0]!, { ...UNBOUND, shows }, 3, ['mail'])
    expect(answers[0]!.experience).toBe('always')
    expect(inputs.passed).toEqual({ twice: 'capped' })
  })

  it('count several touchpoints of one request once for an experience, each for its own', () => {
    const { binding } = ask(keys[0]!, UNBOUND, 0, ['hero', 'mail', 'free'])
    expect(binding?.shows).toEqual([
      { key: 'served:experience:twice', keep: 5 },
      { key: 'served:touchpoint:hero', keep: 3 },
      { key: 'served:touchpoint:mail', keep: 4 },
    ])
  })

  it('bind nothing where there is none, nor in a preview', () => {
    const plain = compiledOf({
      touchpoint: { hero: { channel: 'web' } },
      experience: { x: experience(['hero']) },
    })
    const profile = personOf({ bucketKey: keys[0]! })
    const asked = { set: plain, profile, context: {}, now: 0, touchpoints: ['hero'], items: catalogOf({}) }
    expect(decide(asked)).toMatchObject({ binding: undefined, wants: [] })
    expect(ask(keys[0]!, UNBOUND, 0, ['hero'], { preview: { variants: new Map() } }).binding).toBeUndefined()
  })

  it('pass over what cannot be stored for this person', () => {
    const reasons = ask(keys[0]!, UNBOUND, 0, TOUCHPOINTS, { binds: false }).answers.map(answer => answer.reason)
    expect(reasons).toEqual(['not-bound', 'not-bound', 'not-bound', 'not-bound'])
    expect(ask(keys[0]!, UNBOUND, 0, TOUCHPOINTS, { binds: false }).binding).toBeUndefined()
  })

  it('over exposures count what was seen, and bind nothing', () => {
    const seen = compiledOf({
      settings: { workspace: { holdout: 0, caps: { web: [{ times: 3, counts: 'seen' }] } } },
      touchpoint: { hero: { channel: 'web' }, side: { channel: 'web' } },
      experience: {
        x: experience(['hero', 'side'], { control: 0, caps: [{ times: 2, per: '24h', counts: 'seen' }] }),
        y: experience(['hero', 'side'], { control: 0, priority: -1 }),
      },
    })
    const answer = (shows: Bound['shows'], now = 10) => {
      const profile = { ...personOf({ bucketKey: keys[0]! }), bound: { ...UNBOUND, shows } }
      const given = decide({ set: seen, profile, context: {}, now, touchpoints: ['hero'], items: catalogOf({}) })
      expect(given.binding).toBeUndefined()
      return given.answers[0]!
    }
    expect(answer({})).toMatchObject({ experience: 'x', remember: true })
    expect(answer({ 'seen:experience:x': [1] }).experience).toBe('x')
    expect(answer({ 'seen:experience:x': [1, 2] }).experience).toBe('y')
    expect(answer({ 'seen:experience:x': [1, 2] }, 2 + 24 * HOUR).experience).toBe('x')
    expect(answer({ 'seen:touchpoint:hero': [1, 2], 'seen:touchpoint:side': [3] }).reason).toBe('capped')
  })

  it('explain themselves', () => {
    const shows = { 'served:experience:twice': [1, 2] }
    const { answers } = ask(keys[0]!, { ...UNBOUND, shows }, 3, ['hero'], { explain: true })
    const outcomes = (answers[0]!.explanation!.candidates as { outcome: string }[]).map(one => one.outcome)
    expect(outcomes).toEqual(['capped', 'won', 'lower-priority'])
  })
})
