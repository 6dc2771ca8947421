import type { Event } from '../event/event.ts'
import { messageHash } from '../event/messageHash.ts'
import { pathOf } from '../event/origin.ts'
import { PROFILE_LIMITS } from './limits.ts'
import type { Session } from './profile.ts'

/**
 * The session after an event. Sessions follow the order of arrival (R10):
 *
 * - A track, page or screen up to half an hour after the session's last event, or before its first, belongs to it and widens it.
 * - One that is later begins the next session, which replaces it.
 * - One that is earlier came too late: its session is no longer known, it belongs to none, and the session stays.
 *
 * Identify, group and alias neither begin nor widen a session.
 */
export function withSession(
  session: Session | undefined,
  event: Event,
  referrer: string | undefined,
): Session | undefined {
  if (event.type !== 'track' && event.type !== 'page' && event.type !== 'screen') return session
  const at = event.timestamp
  if (session !== undefined && at <= session.last + PROFILE_LIMITS.sessionGapMs) {
    if (at < session.started - PROFILE_LIMITS.sessionGapMs) return session
    const { started, last, events } = session
    return { ...session, started: Math.min(started, at), last: Math.max(last, at), events: events + 1 }
  }
  const landing = pathOf(event)
  return {
    id: `${at.toString(36)}-${messageHash(event.messageId).toString(36)}`,
    started: at,
    last: at,
    events: 1,
    ...(landing !== undefined && { landing }),
    ...(referrer !== undefined && { referrer }),
  }
}

/** The session an event at `at` lies in, or '' where it is none that is known. */
export function sessionIdAt(session: Session | undefined, at: number): string {
  if (session === undefined) return ''
  const { started, last, id } = session
  return at >= started - PROFILE_LIMITS.sessionGapMs && at <= last + PROFILE_LIMITS.sessionGapMs ? id : ''
}

/** Of two persons merged: one session where they are less than the gap apart, named by the earlier; otherwise the later. */
export function mergedSession(a: Session | undefined, b: Session | undefined): Session | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const [earlier, later] = a.started < b.started || (a.started === b.started && a.id < b.id) ? [a, b] : [b, a]
  if (later.started > earlier.last + PROFILE_LIMITS.sessionGapMs) return later
  return { ...earlier, last: Math.max(a.last, b.last), events: a.events + b.events }
}
