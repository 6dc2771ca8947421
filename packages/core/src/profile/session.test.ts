import { describe, expect, it } from 'vitest'
import type { Event } from '../event/event.ts'
import { readItem } from '../event/readItem.ts'
import { mergedSession, sessionIdAt, withSession } from './session.ts'

const T = Date.UTC(2026, 10, 1)
const MINUTE = 60_000

function event(minute: number, item: object = {}): Event {
  const raw = {
    type: 'page',
    anonymousId: 'a',
    messageId: `m${minute}`,
    timestamp: new Date(T + minute * MINUTE).toISOString(),
    ...item,
  }
  return readItem(raw, { received: T + 1e9, index: 0, newMessageId: () => '' }).event!
}

const sessionOf = (...events: Event[]) =>
  events.reduce<ReturnType<typeof withSession>>((s, e) => withSession(s, e, undefined), undefined)

describe('the session', () => {
  it('begins with the first page and says where', () => {
    const landing = event(0, { context: { page: { path: '/sale' } } })
    expect(withSession(undefined, landing, 'https://x.example/')).toMatchObject({
      started: T,
      last: T,
      events: 1,
      landing: '/sale',
      referrer: 'https://x.example/',
    })
  })

  it('goes on for half an hour after its last event', () => {
    const session = sessionOf(event(0), event(30), event(60))
    expect(session).toMatchObject({ started: T, last: T + 60 * MINUTE, events: 3 })
    expect(session?.id).toBe(sessionOf(event(0))?.id)
  })

  it('ends then: the next is another', () => {
    const next = sessionOf(event(0), event(30), event(60.001))
    expect(next).toMatchObject({ events: 1, started: T + 60.001 * MINUTE })
    expect(next?.id).not.toBe(sessionOf(event(0))?.id)
  })

  it('R10 widens for an event that comes late, and keeps its id', () => {
    const session = sessionOf(event(60), event(30), event(45))
    expect(session).toMatchObject({ started: T + 30 * MINUTE, last: T + 60 * MINUTE, events: 3 })
    expect(session?.id).toBe(sessionOf(event(60))?.id)
  })

  it('R10 stays as it is for an event of an earlier session, which belongs to none', () => {
    const session = sessionOf(event(60))
    expect(withSession(session, event(29), undefined)).toBe(session)
    expect(sessionIdAt(session, T + 29 * MINUTE)).toBe('')
    expect(sessionIdAt(session, T + 30 * MINUTE)).toBe(session?.id)
    expect(sessionIdAt(session, T + 90 * MINUTE)).toBe(session?.id)
    expect(sessionIdAt(session, T + 91 * MINUTE)).toBe('')
  })

  it('is neither begun nor widened by identify, group and alias', () => {
    const identify = event(20, { type: 'identify', userId: 'u' })
    expect(sessionOf(identify)).toBeUndefined()
    expect(sessionOf(event(0), identify)).toMatchObject({ last: T, events: 1 })
  })

  it('of two persons merged is one where they are less than half an hour apart, else the later', () => {
    const [a, b, c] = [sessionOf(event(0), event(10)), sessionOf(event(40)), sessionOf(event(70.1))]
    expect(mergedSession(b, a)).toEqual({ ...a, last: T + 40 * MINUTE, events: 3 })
    expect(mergedSession(b, c)).toEqual(c)
    expect(mergedSession(a, undefined)).toEqual(a)
  })
})
