import { SESSION_GAP_MS as GAP } from '../event/limits.ts'
import { dueOf, withAhead } from './ahead.ts'
import { SIGNAL_LIMITS } from './limits.ts'
import { isAhead, type Observation } from './observation.ts'
import type { Ahead, SessionSpan, Sessions } from './signal.ts'

/** Events that make sessions. */
export function isAction({ type }: Observation['event']): boolean {
  return type === 'track' || type === 'page' || type === 'screen'
}

/** With one event more. Sessions are the runs of actions with no gap of more than half an hour, whatever the order of arrival. */
export function observeSessions(state: Sessions | undefined, observation: Observation): Sessions {
  const { stamp, event } = observation
  const { due, waiting } = dueOf(state?.ahead ?? [], event.received)
  const one = [stamp.at, stamp.hash, null] as const
  if (!isAhead(observation)) return settled(state?.spans ?? [], [...due, one], waiting)
  const { waiting: all, early } = withAhead(waiting, [one])
  return settled(state?.spans ?? [], [...due, ...early], all)
}

/** What two people have together: the same as if all events had been one person's. */
export function mergeSessions(a: Sessions, b: Sessions): Sessions {
  const { waiting, early } = withAhead(a.ahead ?? [], b.ahead ?? [])
  return settled(joined([...a.spans, ...b.spans]), early, waiting)
}

/** Sessions at an instant, ascending: at most those kept. */
export function sessionsAt(state: Sessions | undefined, now: number): readonly SessionSpan[] {
  if (state === undefined) return []
  const due = (state.ahead ?? []).filter(([at]) => at <= now)
  return due.length === 0 ? state.spans : settled(state.spans, due, []).spans
}

/** The session that goes on at an instant. */
export function currentAt(state: Sessions | undefined, now: number): SessionSpan | undefined {
  const last = sessionsAt(state, now).at(-1)
  return last !== undefined && now <= last[1] + GAP ? last : undefined
}

/** When the current session ends, and what is timed ahead comes to count; ascending. */
export function sessionChanges(state: Sessions | undefined, now: number): number[] {
  if (state === undefined) return []
  const ahead = (state.ahead ?? []).map(([at]) => at)
  const last = Math.max(...state.spans.map(span => span[1]), ...ahead)
  return [...ahead, ...ahead.map(at => at + GAP + 1), last + GAP + 1, (state.spans.at(-1)?.[1] ?? last) + GAP + 1]
    .filter(at => at > now)
    .sort((a, b) => a - b)
}

function settled(spans: readonly SessionSpan[], due: Ahead<null>, waiting: Ahead<null>): Sessions {
  let next = spans
  for (const [at] of due) next = withAction(next, at)
  return { kind: 'sessions', spans: next.slice(-SIGNAL_LIMITS.sessions), ...(waiting.length > 0 && { ahead: waiting }) }
}

function withAction(spans: readonly SessionSpan[], at: number): readonly SessionSpan[] {
  const last = spans.at(-1)
  if (last !== undefined && at >= last[0] && at <= last[1] + GAP) {
    return [...spans.slice(0, -1), [last[0], Math.max(last[1], at), last[2] + 1]]
  }
  return joined([...spans, [at, at, 1]])
}

/** Spans less than the gap apart are one. */
function joined(spans: readonly SessionSpan[]): readonly SessionSpan[] {
  const sorted = [...spans].sort((a, b) => a[0] - b[0])
  const apart: SessionSpan[] = []
  for (const span of sorted) {
    const before = apart.at(-1)
    if (before === undefined || span[0] > before[1] + GAP) apart.push(span)
    else apart[apart.length - 1] = [before[0], Math.max(before[1], span[1]), before[2] + span[2]]
  }
  return apart
}
