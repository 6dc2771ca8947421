import type { Json, JsonObject } from '../../json.ts'
import type { EventTimes } from '../../signal/signal.ts'
import type { Subject } from '../subject.ts'

/** For tests: a subject from plain traits and events, every event kept. */
export function subjectOf(given: {
  readonly traits?: Readonly<Record<string, Json>>
  readonly context?: JsonObject
  readonly events?: readonly (readonly [name: string, at: number])[]
  readonly now: number
}): Subject {
  const traits = Object.entries(given.traits ?? {}).map(
    ([name, value]) => [name, { value, at: 0, lag: 0, index: 0, hash: 0 }] as const,
  )
  const names = [...new Set((given.events ?? []).map(([name]) => name))]
  const signals = names.map((name): [string, EventTimes] => {
    const times = given.events!.filter(event => event[0] === name).map(([, at]) => at)
    return [name, { keep: times.length, times: times.sort((a, b) => a - b).map((at, i) => [at, i]) }]
  })
  return {
    profile: { traits: Object.fromEntries(traits), signals: Object.fromEntries(signals) },
    context: given.context ?? {},
    now: given.now,
  }
}
