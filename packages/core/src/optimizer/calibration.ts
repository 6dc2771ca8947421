import { formatPercent } from '../experiment/index.ts'
import { many, whole } from '../words.ts'
import type { Promised } from './record.ts'
import { SUGGESTION_KINDS, type SuggestionKind } from './suggestion.ts'

/** How good the promises were. Lifts for the better are positive, whichever way is good. */
export interface Calibration {
  /** Measured against a control group, or the holdout. */
  readonly measured: number
  /** Share of measured lifts that lie inside the promised interval; null where nothing was measured. */
  readonly inside: number | null
  /** Share whose own interval overlaps the promised one. */
  readonly agrees: number | null
  readonly meanPromised: number | null
  readonly meanMeasured: number | null
  /** Only before and after could be compared: counted apart. */
  readonly indications: number
  readonly byKind: readonly KindCalibration[]
  readonly sentence: string
}

export interface KindCalibration {
  readonly kind: SuggestionKind
  readonly listed: number
  readonly done: number
  readonly dismissed: number
  readonly measured: number
  readonly inside: number | null
  readonly meanPromised: number | null
  readonly meanMeasured: number | null
}

/** Promises beside what was measured afterwards, over the whole record. Before and after alone is no proof, and counted apart. */
export function calibration(record: readonly Promised[]): Calibration {
  const proven = record.filter(isProven)
  const all = sums(proven)
  const byKind = SUGGESTION_KINDS.flatMap((kind): KindCalibration[] => {
    const some = record.filter(({ suggestion }) => suggestion.kind === kind)
    if (some.length === 0) return []
    const count = (...states: Promised['state'][]) => some.filter(({ state }) => states.includes(state)).length
    const { inside, meanPromised, meanMeasured, measured } = sums(some.filter(isProven))
    const done = count('done', 'measured')
    return [
      { kind, listed: some.length, done, dismissed: count('dismissed'), measured, inside, meanPromised, meanMeasured },
    ]
  })
  const indications = record.filter(({ outcome }) => outcome?.by === 'before and after').length
  return { ...all, indications, byKind, sentence: sentenceOf(all, record) }
}

const isProven = ({ outcome }: Promised) => outcome?.by === 'control group' || outcome?.by === 'holdout'

function sums(some: readonly Promised[]) {
  const good = (one: Promised, lift: number) => (one.suggestion.expected!.direction === 'down' ? -lift : lift)
  const mean = (values: readonly number[]) =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    measured: some.length,
    inside: mean(some.map(({ outcome }) => (outcome!.inside ? 1 : 0))),
    agrees: mean(some.map(({ outcome }) => (outcome!.agrees ? 1 : 0))),
    meanPromised: mean(some.map(one => good(one, one.suggestion.expected!.lift))),
    meanMeasured: mean(some.map(one => good(one, one.outcome!.lift!))),
  }
}

function sentenceOf(
  { measured, inside, meanPromised, meanMeasured }: ReturnType<typeof sums>,
  record: readonly Promised[],
): string {
  const waiting = record.filter(({ state, measure }) => state === 'done' && measure !== undefined).length
  const wait = waiting === 0 ? '' : ` ${many(waiting, 'promise waits', 'promises wait')} to be measured.`
  if (measured === 0) return `No promise has been measured yet.${wait}`
  return `Of ${many(measured, 'promise')} that were measured against people left out, ${whole(measured * inside!)} came out inside the promised interval: ${formatPercent(meanPromised!)} was promised on average, ${formatPercent(meanMeasured!)} was measured.${wait}`
}
