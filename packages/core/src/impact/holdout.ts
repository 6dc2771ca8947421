import { SMALLEST_EXPECTED, SRM_THRESHOLD } from '../experiment/index.ts'
import { chiSquareSurvival } from '../numeric/chiSquare.ts'
import type { ValueSums } from './sums.ts'

/** People who were held out of the programme, or were not, in a time in which who is held out does not change. */
export interface HoldoutSums {
  /** What the time is told by: the first day of the quarter, or when the share was changed within it. */
  readonly quarter: string
  readonly heldOut: boolean
  readonly sums: ValueSums
  /** How many of the changes of the share lie before it; 0 unless given. */
  readonly changes?: number
  /** What they saw first in it was decided elsewhere, where nobody of ours was held out by lot. */
  readonly elsewhere?: true
  /** Of those held out: sums of w and w², w = 1 / (the share of people that was held out when it was decided, as logged). */
  readonly weights?: { readonly sum: number; readonly sumSquares: number }
}

/** Whether as many people are held out as was set. */
export interface HoldoutRatio {
  /** mismatch: in one of the times chance does not explain how many were. unknown: there are too few people to tell. */
  readonly verdict: 'ok' | 'mismatch' | 'unknown'
  /** Of all times being as they were set: the least of theirs times their number, since the same people come in several. */
  readonly p: number | null
  readonly times: readonly HoldoutTime[]
}

export interface HoldoutTime {
  readonly quarter: string
  readonly people: number
  readonly heldOut: number
  /** How many of them chance lets expect to be held out. */
  readonly expected: number
  /** Chi-square with one degree of freedom; null where too few are expected. */
  readonly p: number | null
}

/**
 * The sample-ratio check of the holdout. Who is held out is drawn anew each quarter, and more or fewer are once the share is changed, so each such
 * time is checked for itself. The share is the one that was logged with the decision: somebody may have seen after a change what was decided
 * before it. So the people held out, counted 1 / share each, must come to everybody, which of one share is Pearson's chi-square itself.
 * Where nobody was held out at all, the log does not tell the share, and it is the one that was set: `shares`, before the first change, and
 * after each of them.
 */
export function holdoutRatio(holdout: readonly HoldoutSums[], shares: readonly number[]): HoldoutRatio {
  const own = holdout.filter(({ elsewhere }) => !elsewhere)
  const times = [...new Set(own.map(({ quarter }) => quarter))].flatMap(quarter => {
    const time = timeOf(
      own.filter(one => one.quarter === quarter),
      shares,
    )
    return time === null ? [] : [time]
  })
  const known = times.flatMap(({ p }) => (p === null ? [] : [p]))
  if (known.length === 0) return { verdict: 'unknown', p: null, times }
  const p = Math.min(1, known.length * Math.min(...known))
  return { verdict: p < SRM_THRESHOLD ? 'mismatch' : 'ok', p, times }
}

/** Null where nobody was to be held out. */
function timeOf(own: readonly HoldoutSums[], shares: readonly number[]): HoldoutTime | null {
  const sum = (of: (one: HoldoutSums) => number) => own.reduce((all, one) => all + of(one), 0)
  const people = sum(({ sums }) => sums.people)
  const heldOut = sum(one => (one.heldOut ? one.sums.people : 0))
  const logged = sum(({ weights }) => weights?.sum ?? 0)
  // The share that as many people with one each would have had.
  const share = logged > 0 ? logged / sum(({ weights }) => weights?.sumSquares ?? 0) : shares[own[0]?.changes ?? 0]
  if (share === undefined || !(share > 0 && share < 1)) return null
  const [expected, weight] = [people * share, logged > 0 ? logged : heldOut / share]
  // The squared distance of these weights from everybody, over what chance makes of it.
  const chiSquare = (weight - people) ** 2 / (people * (1 / share - 1))
  const p = expected < SMALLEST_EXPECTED ? null : chiSquareSurvival(chiSquare, 1)
  return { quarter: own[0]!.quarter, people, heldOut, expected, p }
}
