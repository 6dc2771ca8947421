import { describe, expect, it } from 'vitest'
import { readItem } from '../event/readItem.ts'
import { planOf } from '../plan/plan.ts'
import { type ApplyContext, apply } from './apply.ts'
import type { Applied, Entry } from './entry.ts'
import { MemoryPeople } from './testing.ts'

const NOW = Date.UTC(2026, 10, 1, 9)
const DAY = 86_400_000
const MARK = 'marzipan-4711'
const segments = [{ key: 'named', version: 1, condition: { trait: 'text', exists: true }, live: true } as const]
const plan = planOf({ version: 1, zone: 'UTC', calendar: [], computed: [], signals: [], segments })

function stream() {
  const people = new MemoryPeople()
  let ids = 0
  const take = (entries: readonly Entry[], now = NOW) => {
    const context: ApplyContext = { workspace: 'w', now, newId: () => `p${++ids}`, plan }
    return apply(people, entries, context)
  }
  return { people, take }
}

let messages = 0
type EventEntry = Extract<Entry, { kind: 'event' }>
/** `tombstones`: what the server would make of the identifiers. */
function event(item: { userId?: string; anonymousId?: string; type?: string }, at = NOW): EventEntry {
  const raw = { type: 'identify', traits: { text: MARK }, timestamp: new Date(at).toISOString(), ...item }
  const { event, error } = readItem(raw, { received: NOW, index: 0, newMessageId: () => `m${++messages}` })
  if (error) throw new Error(error.message)
  const tombstones = [item.userId && `grave:u-${item.userId}`, item.anonymousId && `grave:a-${item.anonymousId}`]
  return { kind: 'event', event, tombstones: tombstones.filter(one => one !== undefined) as string[] }
}

const erase = (profile: string, tombstones: readonly string[], at = NOW): Entry => ({
  kind: 'erase',
  profile,
  tombstones,
  at,
  until: at + 90 * DAY,
})
const outcomes = (applied: readonly Applied[]) => applied.map(({ outcome, reason }) => reason ?? outcome)

describe('an erasure', () => {
  it('R8 leaves nothing of the person: profile, sources, identifiers, memberships', () => {
    const { people, take } = stream()
    take([event({ anonymousId: 'web' })])
    const { applied } = take([event({ userId: 'ada', anonymousId: 'web' }), event({ userId: 'bob' })])
    const ada = applied[0]!.profile!
    expect(people.profiles.size).toBeGreaterThan(2)
    take([erase(ada, ['grave:u-ada', 'grave:a-web'])])
    expect([...people.links.keys()].sort()).toEqual(['grave:a-web', 'grave:u-ada', 'userId:bob'])
    expect(people.persons().map(({ userId }) => userId)).toEqual(['bob'])
    const state = JSON.stringify([[...people.profiles], [...people.links]])
    for (const trace of ['ada', 'web"', ada]) expect(state.replaceAll(/grave:[au]-\w+/g, '')).not.toContain(trace)
  })

  it('R3 is done once: there is nobody the second time', () => {
    const { take } = stream()
    const [{ profile }] = take([event({ userId: 'ada' })]).applied as [Applied]
    const entries = [erase(profile!, []), erase(profile!, [])]
    expect(outcomes(take(entries).applied)).toEqual(['stored', 'duplicate'])
  })

  it('R1 of somebody who changed since they were read is made again', () => {
    const { people, take } = stream()
    const [{ profile }] = take([event({ userId: 'ada' })]).applied as [Applied]
    const { version } = people.find('userId:ada')!
    const read = { ...erase(profile!, []), version } as Entry
    expect(outcomes(take([event({ userId: 'ada' })]).applied)).toEqual(['stored'])
    expect(outcomes(take([read]).applied)).toEqual(['conflict'])
    expect(people.find('userId:ada')).toBeDefined()
  })

  it('in one batch with what made them, and with what makes them anew', () => {
    const { people, take } = stream()
    const [{ profile }] = take([event({ userId: 'ada' })]).applied as [Applied]
    const after = event({ userId: 'ada' }, NOW + 1)
    take([event({ userId: 'ada' }), erase(profile!, ['grave:u-ada']), after])
    expect(people.find('userId:ada')).toMatchObject({ events: 1 })
    expect(people.find('userId:ada')?.id).not.toBe(profile)
  })
})

describe('a tombstone', () => {
  it('R8 keeps out what happened before and comes late, however often; what happens afterwards is somebody new', () => {
    const { people, take } = stream()
    const [{ profile }] = take([event({ userId: 'ada' })]).applied as [Applied]
    take([erase(profile!, ['grave:u-ada'])])
    const late = event({ userId: 'ada' }, NOW - 1000)
    const { applied, rows } = take([late, late])
    expect(outcomes(applied)).toEqual(['erased', 'erased'])
    expect(rows).toEqual([])
    expect(people.find('userId:ada')).toBeUndefined()
    expect(outcomes(take([event({ userId: 'ada' }, NOW + 1), late]).applied)).toEqual(['stored', 'erased'])
    expect(people.find('userId:ada')).toMatchObject({ events: 1 })
  })

  it('of a device of theirs holds for whoever it names beside', () => {
    const { take } = stream()
    const [{ profile }] = take([event({ userId: 'ada', anonymousId: 'web' })]).applied as [Applied]
    take([erase(profile!, ['grave:u-ada', 'grave:a-web'])])
    expect(outcomes(take([event({ anonymousId: 'web', userId: 'eve' }, NOW - 5)]).applied)).toEqual(['erased'])
  })

  it('stands for its time and no longer, and can be taken away', () => {
    const { people, take } = stream()
    const [{ profile }] = take([event({ userId: 'ada' })]).applied as [Applied]
    take([erase(profile!, ['grave:u-ada'])])
    const late = event({ userId: 'ada' }, NOW - 1000)
    expect(outcomes(take([late], NOW + 90 * DAY - 1).applied)).toEqual(['erased'])
    const unbury: Entry = { kind: 'unbury', tombstones: ['grave:u-ada', 'grave:none'] }
    take([unbury], NOW + 90 * DAY - 1)
    expect(people.links.size).toBe(1)
    take([unbury], NOW + 90 * DAY)
    expect([people.links.size, people.profiles.size]).toEqual([0, 0])
    expect(outcomes(take([late], NOW + 90 * DAY).applied)).toEqual(['stored'])
  })

  it('of somebody erased twice is the last', () => {
    const { take } = stream()
    const [first] = take([event({ userId: 'ada' })]).applied
    take([erase(first!.profile!, ['grave:u-ada'])])
    const [second] = take([event({ userId: 'ada' }, NOW + 10)]).applied
    take([erase(second!.profile!, ['grave:u-ada'], NOW + 20)])
    expect(outcomes(take([event({ userId: 'ada' }, NOW + 15)]).applied)).toEqual(['erased'])
  })
})
