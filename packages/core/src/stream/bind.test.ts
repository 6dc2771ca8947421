import { expect, it } from 'vitest'
import { readItem } from '../event/readItem.ts'
import { planOfNeeds } from '../plan/plan.ts'
import { type ApplyContext, apply } from './apply.ts'
import type { Bind, Entry, ExposedAnswer } from './entry.ts'
import type { DecisionRow } from './rows.ts'
import { MemoryPeople } from './testing.ts'

const NOW = Date.UTC(2026, 10, 1, 9)
const NOTHING = { shows: [], grants: {}, quotes: {} }
const row = (profile: string): DecisionRow => ({
  workspace: 'w',
  profile,
  timestamp: NOW,
  request_id: 'r',
  bucket_key: 'b',
  definitions: 1,
  context: {},
  inputs: {},
  'answers.touchpoint': ['hero'],
  'answers.experience': ['x'],
  'answers.version': [1],
  'answers.variant': ['a'],
  'answers.reason': ['assigned'],
  'answers.propensity': [1],
  'answers.control': [false],
  'answers.holdout': [false],
  'answers.model': [''],
})

function stream() {
  const people = new MemoryPeople()
  let ids = 0
  const context: ApplyContext = { workspace: 'w', now: NOW, newId: () => `p${++ids}`, plan: planOfNeeds(1, []) }
  return { people, take: (...entries: Entry[]) => apply(people, entries, context) }
}

function event(item: object, exposure?: Partial<ExposedAnswer>, at = NOW): Entry {
  const raw = { type: 'track', event: 'Exposure', timestamp: new Date(at).toISOString(), ...item }
  let messages = 0
  const { event, error } = readItem(raw, { received: NOW, index: 0, newMessageId: () => `m${at}-${++messages}` })
  if (error) throw new Error(error.message)
  const seen = {
    requestId: 'r',
    touchpoint: 'hero',
    experience: 'x',
    version: 1,
    variant: 'a',
    control: false,
    holdout: false,
    propensity: 1,
  }
  return { kind: 'event', event, ...(exposure && { exposure: { ...seen, ...exposure } }) }
}

const bind = (more: Partial<Bind> = {}): Bind => ({
  kind: 'bind',
  profile: 'p1',
  expected: 0,
  at: NOW,
  binding: NOTHING,
  ...more,
})

it('R1 what a decision binds is bound to the state it was made from; its row comes with it', () => {
  const { people, take } = stream()
  take(event({ userId: 'u' }))
  const shows = [{ key: 'served:experience:x', keep: 2 }]
  const { applied, rows } = take(bind({ binding: { ...NOTHING, shows }, row: row('p1') }))
  expect(applied).toEqual([{ outcome: 'stored', profile: 'p1', source: 'p1' }])
  expect(rows.map(({ table, line }) => [table, JSON.parse(line)])).toEqual([['decisions', row('p1')]])
  expect(people.find('userId:u')).toMatchObject({
    version: 2,
    events: 1,
    bound: { version: 1, shows: { [shows[0]!.key]: [NOW] } },
  })
  const late = take(bind({ binding: { ...NOTHING, shows }, row: row('p1') }))
  expect(late).toEqual({ applied: [{ outcome: 'conflict' }], rows: [] })
  expect(people.find('userId:u')).toMatchObject({ version: 2 })
  expect(take(bind({ expected: 1 }), bind({ expected: 1 })).applied.map(({ outcome }) => outcome)).toEqual([
    'stored',
    'conflict',
  ])
})

it('of nobody it is a conflict: they are decided for anew', () => {
  const { take } = stream()
  expect(take(bind())).toEqual({ applied: [{ outcome: 'conflict' }], rows: [] })
})

it('is found through any source of the person, and a merge keeps what both were bound by', () => {
  const { people, take } = stream()
  take(event({ anonymousId: 'a' }), event({ userId: 'u', messageId: 'm2' }))
  const grant = (code: string, at: number) => ({ g: { at, variant: 'a', key: code, code } })
  take(
    bind({ binding: { ...NOTHING, grants: grant('early', 1) } }),
    bind({ profile: 'p2', binding: { ...NOTHING, grants: grant('late', 2) } }),
  )
  take(event({ anonymousId: 'a', userId: 'u', messageId: 'm3' }))
  const person = people.find('userId:u')!
  expect(person.bound).toMatchObject({ version: 2, grants: { g: { code: 'early' } } })
  for (const profile of ['p1', 'p2']) {
    const version = people.find('userId:u')!.bound!.version
    expect(take(bind({ profile, expected: version })).applied[0]!.outcome).toBe('stored')
  }
})

it('exposures that matter later are kept with the person, R3 each once; others are not', () => {
  const { people, take } = stream()
  take(
    event({ userId: 'u', messageId: 'e1' }, { remember: true }),
    event({ userId: 'u', messageId: 'e1' }, { remember: true }),
  )
  take(event({ userId: 'u', messageId: 'e2' }, { experience: 'y' }))
  take(
    event({ userId: 'u', messageId: 'e3' }, { remember: true, variant: '', control: true, experience: 'z' }, NOW - 5),
  )
  expect(people.find('userId:u')!.bound).toEqual({
    version: 0,
    shows: { 'seen:experience:x': [NOW], 'seen:experience:z': [NOW - 5], 'seen:touchpoint:hero': [NOW - 5, NOW] },
    grants: {},
    quotes: {},
    seen: { x: { at: NOW, variant: 'a' }, z: { at: NOW - 5, variant: '' } },
  })
})

it('an answer that somebody else was given is seen by nobody; one of whoever they were united with is', () => {
  const { people, take } = stream()
  const seen = (item: object, givenTo: string) => event(item, { remember: true, givenTo })
  const exposures = (...entries: Entry[]) => {
    const { applied, rows } = take(...entries)
    return [applied[0]!.foreign ?? false, rows.filter(({ table }) => table === 'exposures').length]
  }
  take(event({ anonymousId: 'a', messageId: 'e1' }), event({ userId: 'u', messageId: 'e2' }))
  expect(exposures(seen({ userId: 'u', messageId: 'e3' }, 'p1'))).toEqual([true, 0])
  expect(people.find('userId:u')).toMatchObject({ events: 2 })
  expect(people.find('userId:u')).not.toHaveProperty('bound')
  expect(exposures(seen({ anonymousId: 'a', messageId: 'e4' }, 'p1'))).toEqual([false, 1])
  // An exposure that names both unites them.
  expect(exposures(seen({ userId: 'u', anonymousId: 'a', messageId: 'e5' }, 'p1'))).toEqual([false, 1])
  expect(exposures(seen({ userId: 'u', messageId: 'e6' }, 'p1'))).toEqual([false, 1])
  expect(exposures(seen({ anonymousId: 'a', messageId: 'e7' }, 'p2'))).toEqual([false, 1])
  expect(exposures(seen({ anonymousId: 'b', messageId: 'e8' }, 'p2'))).toEqual([true, 0])
})
