import { describe, expect, it } from 'vitest'
import { readItem } from '../event/read-item.ts'
import { bucketKeyOf } from '../identity/bucket-key.ts'
import { type ApplyContext, apply } from './apply.ts'
import type { Entry } from './entry.ts'
import { MemoryPeople } from './testing.ts'

const NOW = Date.UTC(2026, 10, 1, 9)

function contextOf(overrides: Partial<ApplyContext> = {}): ApplyContext {
  let ids = 0
  return { workspace: 'w', now: NOW, newId: () => `p${++ids}`, needs: { version: 1, byEvent: new Map() }, ...overrides }
}

let messages = 0
function event(item: Record<string, unknown>, at = NOW): Entry {
  const { event, error } = readItem(
    { type: 'track', event: 'Product Viewed', timestamp: new Date(at).toISOString(), ...item },
    { received: Math.max(NOW, at), index: 0, newMessageId: () => `m${++messages}` },
  )
  if (error) throw new Error(error.message)
  return { kind: 'event', event }
}

describe('apply', () => {
  it('makes a person of the first event and one row', () => {
    const people = new MemoryPeople()
    const { applied, rows } = apply(people, [event({ anonymousId: 'a' })], contextOf())
    expect(applied).toEqual([{ outcome: 'stored', profile: 'p1', source: 'p1' }])
    expect(people.find('anonymousId:a')).toMatchObject({
      id: 'p1',
      version: 1,
      events: 1,
      bucketKey: bucketKeyOf('anonymousId:a'),
      identifiers: ['anonymousId:a'],
    })
    expect(rows.map(row => row.table)).toEqual(['events'])
  })

  it('merges a device without user into the user: links stay, sources change', () => {
    const people = new MemoryPeople()
    const context = contextOf()
    apply(people, [event({ anonymousId: 'a' }, NOW - 1000), event({ userId: 'u' })], context)
    const { applied, rows } = apply(people, [event({ anonymousId: 'a', userId: 'u' })], context)
    expect(applied[0]).toEqual({ outcome: 'stored', profile: 'p2', source: 'p2' })
    expect(people.profile('p1')).toEqual({ id: 'p1', mergedInto: 'p2' })
    expect(people.link('anonymousId:a')).toBe('p1')
    expect(people.find('anonymousId:a')).toMatchObject({ id: 'p2', events: 3, bucketKey: bucketKeyOf('anonymousId:a') })
    expect(rows.map(row => row.table)).toEqual(['identity_links', 'events'])
  })
})
