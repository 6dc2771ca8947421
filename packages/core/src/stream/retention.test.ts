import { describe, expect, it } from 'vitest'
import type { RetentionSettings } from '../consent/settings.ts'
import { readItem } from '../event/readItem.ts'
import { planOf } from '../plan/plan.ts'
import { apply } from './apply.ts'
import type { Entry } from './entry.ts'
import { MemoryPeople } from './testing.ts'

const NOW = Date.UTC(2026, 10, 1, 9)
const DAY = 86_400_000

function stream(first: RetentionSettings | undefined) {
  const people = new MemoryPeople()
  let ids = 0
  let retention = first
  const segments = [{ key: 'reachable', version: 1, condition: { trait: 'phone', exists: true }, live: true } as const]
  const take = (entries: readonly Entry[], now: number) => {
    const source = { version: 1, zone: 'UTC', calendar: [], computed: [], signals: [], segments }
    const plan = planOf({ ...source, ...(retention && { retention }) })
    return apply(people, entries, { workspace: 'w', now, newId: () => `p${++ids}`, plan })
  }
  return {
    people,
    take,
    person: () => people.find('userId:ada')!,
    keep: (next: RetentionSettings) => {
      retention = next
    },
  }
}

let messages = 0
function stating(traits: object, at: number, received = at): Entry {
  const raw = { type: 'identify', userId: 'ada', traits, timestamp: new Date(at).toISOString() }
  const { event, error } = readItem(raw, { received, index: 0, newMessageId: () => `m${++messages}` })
  if (error) throw new Error(error.message)
  return { kind: 'event', event }
}

const WEEK = { traits: { phone: '7d' } }
const tick = (profile: string): Entry => ({ kind: 'tick', profile })

describe('a trait that is kept for a time', () => {
  it('R5 sets the person’s timer, is dropped by it, and whoever was in a segment by it leaves', () => {
    const { take, person } = stream(WEEK)
    take([stating({ phone: '1', plan: 'pro' }, NOW)], NOW)
    expect(person()).toMatchObject({ due: NOW + 7 * DAY, memberships: { reachable: { in: true } } })
    const { rows } = take([tick(person().id)], NOW + 7 * DAY + 50)
    expect(Object.keys(person().traits)).toEqual(['plan'])
    expect(person().due).toBeUndefined()
    expect(person().memberships).toBeUndefined()
    const left = rows.map(({ line }) => JSON.parse(line)).filter(({ type }) => type === 'segment')
    expect(left).toMatchObject([{ name: 'Segment Left', timestamp: NOW + 7 * DAY }])
  })

  it('stated again is kept anew; the timer that was set finds nothing to do and is set again', () => {
    const { take, person } = stream(WEEK)
    take([stating({ phone: '1' }, NOW)], NOW)
    take([stating({ phone: '2' }, NOW + DAY)], NOW + DAY)
    take([tick(person().id)], NOW + 7 * DAY)
    expect(person()).toMatchObject({ due: NOW + 8 * DAY, traits: { phone: { value: '2' } } })
  })

  it('R10 that arrives when its time is over is not kept at all', () => {
    const { take, person } = stream(WEEK)
    take([stating({ phone: '1', plan: 'pro' }, NOW - 8 * DAY, NOW)], NOW)
    expect(Object.keys(person().traits)).toEqual(['plan'])
    expect(person().memberships).toBeUndefined()
  })

  it('of somebody known before the setting came is found by looking at them once', () => {
    const { take, person, keep } = stream(undefined)
    take([stating({ phone: '1' }, NOW)], NOW)
    expect(person().due).toBeUndefined()
    keep(WEEK)
    expect(take([tick(person().id)], NOW + DAY).applied).toMatchObject([{ outcome: 'stored' }])
    expect(person()).toMatchObject({ due: NOW + 7 * DAY, traits: { phone: { value: '1' } } })
    expect(take([tick(person().id)], NOW + DAY).applied).toMatchObject([{ outcome: 'duplicate' }])
    take([tick(person().id)], NOW + 30 * DAY)
    expect(person().traits).toEqual({})
  })
})

it('the recent history goes with the events', () => {
  const { take, person } = stream({ events: '30d' })
  const seen = (at: number): Entry => {
    const raw = { type: 'track', event: 'Seen', userId: 'ada', timestamp: new Date(at).toISOString() }
    const { event } = readItem(raw, { received: at, index: 0, newMessageId: () => `m${++messages}` })
    return { kind: 'event', event: event! }
  }
  take([seen(NOW)], NOW)
  take([seen(NOW + 20 * DAY)], NOW + 20 * DAY)
  expect(person().due).toBe(NOW + 30 * DAY)
  take([tick(person().id)], NOW + 30 * DAY)
  expect(person().recent.map(({ at }) => at)).toEqual([NOW + 20 * DAY])
  expect(person().due).toBe(NOW + 50 * DAY)
})
