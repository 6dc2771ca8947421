import { dayIn } from '../../time/day.ts'
import { durationMs } from '../../time/duration.ts'
import { instantIn } from '../../time/local.ts'
import type { Trial } from './arbitrary.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const GAP = HOUR / 2
/** Instants looked at. */
const SOME = 60

/**
 * Instants after `from` and up to `to` at which, or just before which, the conditions of a trial may change: what is timed in them
 * after every event, and the ends of days and hours. Some of them where there are many; `seed` says which.
 */
export function changesOf({ conditions, language, batches }: Trial, from: number, to: number, seed: number): number[] {
  const said = JSON.stringify([conditions, [...language.segments], [...language.computed]])
  const lengths = [...said.matchAll(/"(?:now[+-])?([1-9][0-9]*[smhdw])"/g)].map(([, text]) => durationMs(text!))
  const { of, start } = dayIn(language.zone)
  const instants = new Set<number>([to])
  const add = (at: number) => {
    for (const one of [at - 1, at, at + 1]) if (one > from && one < to) instants.add(one)
  }
  for (const { timestamp } of batches.flatMap(({ events }) => events)) {
    for (const length of [0, GAP, ...lengths]) {
      add(timestamp + length)
      add(start(of(timestamp) + Math.ceil(length / DAY)))
      add((Math.floor(timestamp / HOUR) + Math.ceil(length / HOUR)) * HOUR)
    }
    for (let day = 1; day < 8; day++) add(timestamp + day * DAY)
  }
  const clocks = ['00:00', ...[...said.matchAll(/"([0-2][0-9]:[0-5][0-9])"/g)].map(([, clock]) => clock!)]
  for (const zone of [language.zone, 'Europe/Vienna', 'America/New_York']) {
    for (let day = of(from); day <= of(to); day++) {
      for (const clock of clocks) add(instantIn(zone, day * DAY + Date.parse(`1970-01-01T${clock}Z`)))
    }
  }
  for (const { from, to } of language.calendar) for (const at of [from, to]) add(at)
  for (const date of ['2026-11-02', '2026-11-03T08:00:00.5Z', '2026-11-01T09:10Z', '2026-11-04']) {
    for (const length of [0, -DAY, DAY, -2 * DAY, 2 * DAY]) add(Date.parse(date) + length)
  }
  const all = [...instants].sort((a, b) => a - b)
  const step = Math.max(1, Math.floor(all.length / SOME))
  return all.filter((_, i) => (i + seed) % step === 0)
}
