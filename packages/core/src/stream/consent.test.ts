import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { consentRules } from '../consent/rules.ts'
import type { ConsentSettings } from '../consent/settings.ts'
import { readItem } from '../event/readItem.ts'
import { planOfNeeds } from '../plan/plan.ts'
import { type ApplyContext, apply } from './apply.ts'
import type { Applied, Entry } from './entry.ts'
import { MemoryPeople } from './testing.ts'

const NOW = Date.UTC(2026, 10, 1, 9)
const MARK = 'marzipan-4711'

/** A stream of one workspace that keeps to its consent settings. */
function stream(settings: ConsentSettings = {}) {
  const people = new MemoryPeople()
  let ids = 0
  const context: ApplyContext = {
    workspace: 'w',
    now: NOW,
    newId: () => `p${++ids}`,
    plan: planOfNeeds(1, []),
    consent: consentRules(settings),
  }
  return { people, context, take: (...entries: Entry[]) => apply(people, entries, context) }
}

let messages = 0
function event(item: object, at = NOW): Extract<Entry, { kind: 'event' }> {
  const raw = {
    type: 'track',
    event: 'Seen',
    timestamp: new Date(at).toISOString(),
    properties: { text: MARK },
    ...item,
  }
  const { event, error } = readItem(raw, { received: NOW, index: 0, newMessageId: () => `m${++messages}` })
  if (error) throw new Error(error.message)
  return { kind: 'event', event }
}

const saying = (preferences: Record<string, boolean>) => ({
  context: { consent: { categoryPreferences: preferences } },
})
const REFUSES = saying({ analytics: false })
const GRANTS = saying({ analytics: true })
const outcomes = (applied: readonly Applied[]) =>
  applied.map(({ outcome, by }) => (by ? `${outcome} by ${by}` : outcome))

const stampAt = (at: number) => ({ at, lag: NOW - at, index: 0, hash: expect.any(Number) })

/** Everything the state and the rows hold. */
const everything = (people: MemoryPeople, rows: readonly object[]) =>
  JSON.stringify([[...people.profiles], [...people.links], rows])

describe('an event that somebody refuses to have stored', () => {
  it('R8 leaves the refusal and nothing else: purpose, stamp, identifier', () => {
    const { people, take } = stream()
    const { applied, rows } = take(event({ anonymousId: 'a', ...REFUSES, properties: { text: MARK } }, NOW - 1000))
    expect(outcomes(applied)).toEqual(['refused by request'])
    expect(rows).toEqual([])
    expect(everything(people, rows)).not.toContain(MARK)
    const person = people.find('anonymousId:a')!
    expect(person.consent).toEqual({ analytics: { granted: false, ...stampAt(NOW - 1000) } })
    expect(person).toMatchObject({ events: 0, traits: {}, recent: [], accounts: {}, latest: {}, acquisition: {} })
    expect(person.session).toBeUndefined()
  })

  it('R6 what the journal holds of it says no more, and applied in its place makes the same', () => {
    const { people, take } = stream()
    const refused = event({ anonymousId: 'a', userId: 'u', ...saying({ analytics: false, email: true }) })
    const { applied } = take(refused)
    const instead = applied[0]!.instead!
    expect(instead).toEqual({
      kind: 'consent',
      statement: {
        identifiers: ['userId:u', 'anonymousId:a'],
        said: { analytics: false, email: true },
        ...stampAt(NOW),
      },
    })
    const replay = stream()
    apply(replay.people, [instead], { ...replay.context, consent: undefined as never })
    expect([...replay.people.profiles]).toEqual([...people.profiles])
    expect([...replay.people.links]).toEqual([...people.links])
  })

  it('unites nobody: the user and the device each said so', () => {
    const { people, take } = stream()
    take(event({ anonymousId: 'a' }), event({ userId: 'u' }), event({ anonymousId: 'a', userId: 'u', ...REFUSES }))
    expect(people.persons()).toHaveLength(2)
    for (const id of ['anonymousId:a', 'userId:u']) expect(people.find(id)?.consent.analytics?.granted).toBe(false)
  })

  it('R8 an alias is about the device that it names as well: its refusal holds, and it hears one', () => {
    const { people, take } = stream()
    const alias = (item: object) => event({ type: 'alias', ...item })
    take(event({ anonymousId: 'a', ...REFUSES }), event({ userId: 'u' }), event({ anonymousId: 'b' }))
    const { applied, rows } = take(
      alias({ userId: 'u', previousId: 'a' }),
      alias({ userId: 'u', previousId: 'b', ...REFUSES }),
      event({ anonymousId: 'b' }),
    )
    expect(outcomes(applied)).toEqual(['refused by person', 'refused by request', 'refused by person'])
    expect(rows).toEqual([])
    for (const id of ['anonymousId:a', 'anonymousId:b']) {
      expect(people.find(id)?.consent.analytics?.granted).toBe(false)
      expect(people.find(id)?.identifiers).toEqual([id])
    }
  })

  it('an alias of somebody who is only known as a user is not about them', () => {
    const { people, take } = stream()
    take(event({ userId: 'v', ...REFUSES }))
    expect(outcomes(take(event({ type: 'alias', userId: 'u', previousId: 'v' })).applied)).toEqual(['stored'])
    expect(people.find('userId:u')?.identifiers).toEqual(['userId:u'])
  })

  it('is as unknown afterwards as before: sent again with consent it is stored', () => {
    const { take } = stream()
    const messageId = 'sent-twice'
    expect(outcomes(take(event({ userId: 'u', messageId, ...REFUSES })).applied)).toEqual(['refused by request'])
    const again = event({ userId: 'u', messageId, ...GRANTS }, NOW + 1)
    expect(outcomes(take(again, again).applied)).toEqual(['stored', 'duplicate'])
  })
})

describe('who withdrew', () => {
  it('R4 is heard at once, in the same batch, and on a device of theirs too', () => {
    const { take } = stream()
    const { applied, rows } = take(
      event({ userId: 'u', anonymousId: 'a' }),
      event({ userId: 'u', ...REFUSES }),
      event({ anonymousId: 'a' }),
      event({ userId: 'u', ...GRANTS }, NOW + 1),
      event({ anonymousId: 'a' }, NOW + 2),
    )
    expect(outcomes(applied)).toEqual(['stored', 'refused by request', 'refused by person', 'stored', 'stored'])
    expect(rows.filter(({ table }) => table === 'events')).toHaveLength(3)
  })

  it('R10 late statements obey event time: an older grant changes nothing, an older refusal keeps its own event out', () => {
    const { people, take } = stream()
    take(event({ userId: 'u' }), event({ userId: 'u', ...REFUSES }, NOW))
    expect(outcomes(take(event({ userId: 'u', ...GRANTS }, NOW - 5000)).applied)).toEqual(['refused by person'])
    take(event({ userId: 'u', ...GRANTS }, NOW + 1))
    expect(outcomes(take(event({ userId: 'u', ...REFUSES }, NOW - 9000)).applied)).toEqual(['refused by request'])
    expect(people.find('userId:u')?.consent.analytics?.granted).toBe(true)
    expect(outcomes(take(event({ userId: 'u' }, NOW + 2)).applied)).toEqual(['stored'])
  })

  it('R10 the last word is the same whatever the order in which statements arrive', () => {
    const said = fc.uniqueArray(
      fc.record({ at: fc.integer({ min: 0, max: 1e6 }), granted: fc.boolean(), id: fc.constantFrom('a', 'u', 'both') }),
      { selector: one => one.at, minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(said, fc.infiniteStream(fc.nat()), (list, dice) => {
        const { people, take } = stream()
        take(event({ anonymousId: 'a', userId: 'u' }, NOW - 2e6))
        for (const one of [...list].sort(() => (dice.next().value % 2) - 0.5)) {
          const ids = { ...(one.id !== 'u' && { anonymousId: 'a' }), ...(one.id !== 'a' && { userId: 'u' }) }
          take(event({ ...ids, ...saying({ analytics: one.granted }) }, NOW - one.at))
        }
        const last = list.reduce((a, b) => (b.at < a.at ? b : a))
        expect(people.find('userId:u')?.consent.analytics?.granted).toBe(last.granted)
      }),
      { numRuns: 50, seed: 3 },
    )
  })
})

describe('where nobody said anything', () => {
  const inGermany = { context: { location: { country: 'DE' } } }

  it('R8 an event of a place that asks first is refused and nobody becomes a person', () => {
    const { people, take } = stream()
    const { applied, rows } = take(event({ anonymousId: 'a', ...inGermany }))
    expect(outcomes(applied)).toEqual(['refused by region'])
    expect(applied[0]!.instead).toBeUndefined()
    expect(everything(people, rows)).toBe(JSON.stringify([[], [], []]))
  })

  it('once they agreed, what follows is stored, wherever it says they are', () => {
    const { take } = stream()
    const agreed = { context: { ...inGermany.context, ...GRANTS.context } }
    const { applied } = take(event({ anonymousId: 'a', ...agreed }), event({ anonymousId: 'a', ...inGermany }))
    expect(outcomes(applied)).toEqual(['stored', 'stored'])
  })

  it('an import is history: only what somebody said holds it back', () => {
    const { take } = stream()
    const origin = (row: number) => ({ origin: { file: 'f', row } })
    const imported = (item: object, row: number): Entry => {
      const { event: read } = event({ userId: 'u', ...item })
      return { kind: 'event', event: { ...read, ...origin(row) } }
    }
    const { applied } = take(imported(inGermany, 0), event({ userId: 'u', ...REFUSES }), imported(inGermany, 1))
    expect(outcomes(applied)).toEqual(['stored', 'refused by request', 'refused by person'])
  })
})
