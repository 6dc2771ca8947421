import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../event/event.ts'
import { readItem } from '../event/readItem.ts'
import { compareStamps, stampOf } from '../event/stamp.ts'
import { planOfNeeds } from '../plan/plan.ts'
import { SIGNAL_LIMITS } from '../signal/limits.ts'
import { times as timesNeed } from '../signal/need.ts'
import { mergeTimes } from '../signal/times.ts'
import { PROFILE_LIMITS } from './limits.ts'
import { mergeProfiles } from './merge.ts'
import { newProfile } from './newProfile.ts'
import type { Profile } from './profile.ts'
import { reduce } from './reduce.ts'
import { boundedSignals } from './signals.ts'

const T = Date.UTC(2026, 10, 1)
const none = planOfNeeds(1, [])

let messages = 0
function event(at: number, item: object): Event {
  const raw = { anonymousId: 'a', timestamp: new Date(at).toISOString(), ...item }
  const { event, error } = readItem(raw, { received: at, index: 0, newMessageId: () => `m${++messages}` })
  if (error) throw new Error(error.message)
  return event
}

function profileOf(events: readonly Event[], plan = none, id = 'p'): Profile {
  const profile = newProfile(id, ['anonymousId:a'], events[0]!.timestamp)
  for (const one of events) reduce(profile, one, plan)
  return profile
}

/** The same events in another order, and as two persons merged, must make the same of `field`. */
function expectSetFunction<K extends keyof Profile>(events: readonly Event[], field: K, expected: Profile[K]): void {
  const [a, b] = [events.filter((_, i) => i % 3 === 0), events.filter((_, i) => i % 3 !== 0)]
  fc.assert(
    fc.property(fc.shuffledSubarray([...events], { minLength: events.length }), shuffled => {
      expect(profileOf(shuffled)[field]).toEqual(expected)
    }),
    { numRuns: 10 },
  )
  expect(mergeProfiles(profileOf(a), profileOf(b, none, 'q'), 0, none)[field]).toEqual(expected)
}

/** A fixed, scrambled order: some times fall together. */
const scrambled = (n: number) => Array.from({ length: n }, (_, i) => (i * 7919) % (n - 5))

describe('R11 the bounds of a profile, R10 whatever the order of arrival', () => {
  it('keeps the last 100 of the recent history', () => {
    const events = scrambled(260).map(i => event(T + i * 1000, { type: 'track', event: `E${i % 7}` }))
    const expected = [...events].sort((a, b) => compareStamps(stampOf(a), stampOf(b))).slice(-PROFILE_LIMITS.recent)
    expect(expected.length).toBe(100)
    expectSetFunction(
      events,
      'recent',
      expected.map(one => ({ ...stampOf(one), name: one.name })),
    )
  })

  it('keeps the 200 most recently stated traits', () => {
    const events = scrambled(420).map((i, n) =>
      event(T + i * 1000, { type: 'identify', traits: { [`t${n % 260}`]: n, [`u${i % 9}`]: i } }),
    )
    const latest = new Map<string, { value: unknown; by: Event }>()
    for (const one of [...events].sort((a, b) => compareStamps(stampOf(a), stampOf(b)))) {
      for (const [name, value] of Object.entries(one.properties)) latest.set(name, { value, by: one })
    }
    const kept = [...latest]
      .sort(([a, x], [b, y]) => compareStamps(stampOf(y.by), stampOf(x.by)) || (a < b ? -1 : 1))
      .slice(0, PROFILE_LIMITS.traits)
      .map(([name, { value, by }]) => [name, { value, ...stampOf(by) }])
    expect(latest.size).toBeGreaterThan(PROFILE_LIMITS.traits)
    expectSetFunction(events, 'traits', Object.fromEntries(kept))
  })

  it('keeps the 20 most recently stated accounts', () => {
    const events = scrambled(60).map((i, n) => event(T + i * 1000, { type: 'group', groupId: `g${n % 30}` }))
    const last = new Map(
      [...events].sort((a, b) => compareStamps(stampOf(a), stampOf(b))).map(one => [one.groupId!, stampOf(one)]),
    )
    const kept = [...last].sort(([, a], [, b]) => compareStamps(b, a)).slice(0, PROFILE_LIMITS.accounts)
    expectSetFunction(events, 'accounts', Object.fromEntries(kept))
  })

  it('leaves a trait that is too long, or whose name is, in its event', () => {
    const long = 'x'.repeat(PROFILE_LIMITS.traitValue)
    const profile = profileOf([
      event(T, { type: 'identify', traits: { plan: 'pro', fits: long, ['n'.repeat(200)]: 1 } }),
      event(T + 1, { type: 'identify', traits: { plan: `${long}x`, list: [long], ['n'.repeat(201)]: 1 } }),
    ])
    expect(Object.keys(profile.traits)).toEqual(['plan', 'fits', 'n'.repeat(200)])
    expect(profile.traits.plan).toMatchObject({ value: 'pro' })
  })

  it('keeps the first ten products of a recent event', () => {
    const products = Array.from({ length: 30 }, (_, i) => ({ product_id: `p${i}` }))
    const [recent] = profileOf([event(T, { type: 'track', event: 'Order Completed', properties: { products } })]).recent
    expect(recent?.items).toEqual(products.slice(0, 10).map(({ product_id }) => product_id))
  })

  it('keeps the last times of a signal, and a greater keep once asked for', () => {
    const times = (...at: number[]) => at.map(time => [time, 1] as const)
    const none = { keep: 1, times: [] }
    let signal = mergeTimes(none, { keep: 2, times: times(5, 3, 9, 9) })
    expect(signal).toEqual({ keep: 2, times: times(5, 9) })
    signal = mergeTimes(signal, { keep: 4, times: times(1, 5, 7) })
    expect(signal).toEqual({ keep: 4, times: times(1, 5, 7, 9) })
    signal = mergeTimes(signal, { keep: 1, times: times(11) })
    expect(signal).toEqual({ keep: 4, times: times(5, 7, 9, 11) })
    const many = { keep: 1e9, times: times(...Array(200).keys()) }
    expect(mergeTimes(none, many).times.length).toBe(SIGNAL_LIMITS.times)
  })

  it('keeps 1000 signals, those that definitions need before others', () => {
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`s${1000 + i}`, { keep: 1, times: [] }]))
    const kept = Object.keys(boundedSignals(many, planOfNeeds(1, [timesNeed({ event: 's2000' }, 1)])))
    expect(kept.length).toBe(PROFILE_LIMITS.signals)
    expect(kept).toContain('s2000')
    expect(kept).not.toContain('s1999')
  })
})

describe('what profiles hold', () => {
  it("a trait named as an object's own method is a trait", () => {
    const profile = profileOf([event(T, { type: 'identify', traits: { toString: 'x', hasOwnProperty: 1 } })])
    expect(profile.traits).toMatchObject({ toString: { value: 'x' }, hasOwnProperty: { value: 1 } })
  })

  it('the newer statement wins whoever made it, context.traits too, and null takes back', () => {
    const identify = event(T + 2, {
      type: 'identify',
      traits: { plan: 'pro' },
      context: { traits: { plan: 'free', city: 'Rome' } },
    })
    const later = event(T + 3, { type: 'track', event: 'E', context: { traits: { city: null } } })
    const late = event(T + 1, { type: 'identify', traits: { city: 'Oslo', age: 7 } })
    const { traits } = profileOf([identify, later, late])
    expect(Object.fromEntries(Object.entries(traits).map(([name, { value }]) => [name, value]))).toEqual({
      plan: 'pro',
      city: null,
      age: 7,
    })
  })
})
