import type { Event } from '@espalier/core/event'
import type { Profile } from '@espalier/core/profile'
import type { People } from '@espalier/core/stream'
import { type Applied, type Apply, type Row, toRow } from '@espalier/core/stream'

export const apply: Apply = (people, entries, context) => {
  const rows: Row[] = []
  const applied: Applied[] = []
  for (const entry of entries) {
    if (entry.kind !== 'event') throw new Error('double')
    const e = entry.event
    const dup = e.origin ? people.imported(e.origin.file, e.origin.row) : people.seen(e.messageId, e.received)
    if (dup) {
      applied.push({ outcome: 'duplicate' })
      continue
    }
    applied.push(one(people, e, rows, context.workspace, context.newId))
  }
  return { applied, rows }
}

function one(people: People, e: Event, rows: Row[], workspace: string, newId: () => string): Applied {
  const a = e.anonymousId === undefined ? undefined : `anonymousId:${e.anonymousId}`
  const u = e.userId === undefined ? undefined : `userId:${e.userId}`
  let sa = a && people.link(a)
  let su = u && people.link(u)
  const follow = (id: string): Profile => {
    const p = people.profile(id)!
    return structuredClone('mergedInto' in p ? (people.profile(p.mergedInto) as Profile) : p)
  }
  if (!sa && !su) {
    const id = newId()
    people.put({
      id,
      version: 0,
      bucketKey: a ?? u!,
      firstSeen: e.timestamp,
      lastSeen: e.timestamp,
      identifiers: [],
      sources: [id],
      traits: {},
      accounts: [],
      recent: [],
      acquisition: {},
      signals: {},
      consent: {},
      events: 0,
    })
    sa = id
    su = id
  }
  if (a && !people.link(a)) people.setLink(a, sa ?? su!)
  if (u && !people.link(u)) people.setLink(u, su ?? sa!)
  const source = people.link(u ?? a!)!
  const person = follow(source)
  if (a && u) {
    const other = follow(people.link(a)!)
    if (other.id !== person.id && !other.userId) {
      for (const s of other.sources) people.put({ id: s, mergedInto: person.id })
      person.sources.push(...other.sources)
      person.identifiers.push(...other.identifiers)
      person.events += other.events
      rows.push(
        toRow('identity_links', e.timestamp, {
          workspace,
          source: other.id,
          canonical: person.id,
          at: 0,
          cause: e.messageId,
        }),
      )
    }
  }
  for (const i of [a, u])
    if (i && people.link(i) === source && !person.identifiers.includes(i)) person.identifiers.push(i)
  if (e.userId && !person.userId) person.userId = e.userId
  person.events++
  person.version++
  people.put(person)
  rows.push(
    toRow('events', e.timestamp, {
      workspace,
      profile: source,
      timestamp: e.timestamp,
      received: e.received,
      index: e.index,
      message_id: e.messageId,
      type: e.type,
      name: e.name,
      user_id: e.userId ?? '',
      anonymous_id: e.anonymousId ?? '',
      group_id: '',
      session_id: '',
      revenue: null,
      currency: '',
      properties: {},
      context: {},
    }),
  )
  return { outcome: 'stored', profile: person.id, source }
}
