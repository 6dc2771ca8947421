import type { Cap } from '../definition/cap.ts'
import { durationMs } from '../time/duration.ts'

/** What a cap counts under. */
export type CapKey = `${'served' | 'seen'}:${'experience' | 'touchpoint'}:${string}`

export interface CompiledCap {
  /** Times under any of these count: a channel's are those of its touchpoints. */
  readonly keys: readonly CapKey[]
  readonly times: number
  /** Milliseconds; Infinity: ever. */
  readonly per: number
}

/** How many times of a key have to be kept. */
export interface Kept {
  readonly key: CapKey
  readonly keep: number
}

/** Caps over an experience, over a touchpoint, or over the touchpoints of a channel. */
export function compileCaps(
  caps: readonly Cap[] | undefined,
  of: 'experience' | 'touchpoint',
  names: readonly string[],
): CompiledCap[] {
  return (caps ?? []).map(({ times, per, counts = 'served' }) => ({
    keys: names.map((name): CapKey => `${counts}:${of}:${name}`),
    times,
    per: per === undefined ? Number.POSITIVE_INFINITY : durationMs(per),
  }))
}

/** What has to be recorded under one name so that the caps over it can be asked. */
export function keptFor(caps: readonly CompiledCap[], key: CapKey): Kept | undefined {
  const over = caps.filter(cap => cap.keys.includes(key))
  return over.length === 0 ? undefined : { key, keep: Math.max(...over.map(cap => cap.times)) }
}

type Shows = Readonly<Record<string, readonly number[]>>

/** Whether a person got it as often as they may. `more`: what this request has added under a key. */
export function isCapped(
  { keys, times, per }: CompiledCap,
  shows: Shows,
  more: (key: CapKey) => number,
  now: number,
): boolean {
  let count = 0
  for (const key of keys) {
    count += more(key)
    const list = Object.hasOwn(shows, key) ? shows[key]! : []
    for (let i = list.length - 1; i >= 0 && list[i]! > now - per; i--) count++
    if (count >= times) return true
  }
  return false
}
