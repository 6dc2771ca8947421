import type { Estimate } from '../experiment/index.ts'
import type { Pair } from './cell.ts'
import { canCompare, comparePairs, minus, scaled } from './compare.ts'
import type { Measure } from './sums.ts'
import { growthSentence } from './words.ts'

/** What all experiences bring a month, held against what the holdout measures for the whole programme. */
export interface Growth {
  /** Of the experiences, each against its own control group. */
  readonly sum: Estimate
  /** Of the programme: people who were not held out against people who were. */
  readonly programme: Estimate
  /** sum - programme: 0 where no experience changes what another brings. */
  readonly overlap: Estimate
  /**
   * counted-twice: the interval of `overlap` is above 0. What several bring only together is counted in each. stand-in: it is below 0.
   * The control group of one has the others, which do part of its work, so each seems to bring less than it does. not-told-apart: it
   * holds 0. unknown: there is none.
   */
  readonly verdict: 'counted-twice' | 'stand-in' | 'not-told-apart' | 'unknown'
  readonly sentence: string
}

export interface GrowthOptions {
  readonly measure: Measure
  readonly confidence: number
  /** What a total of the time is multiplied by to be one of a month. */
  readonly toMonth: number
  /** What was spent on the experiences in the time: taken off both, so that it is no overlap. */
  readonly spend?: number
  readonly show: (value: number) => string
}

/**
 * `parts`: the pairs of all experiences. `programme`: pairs of people not held out and held out, each of a time in which who is
 * held out does not change (the holdout is drawn anew each quarter). Both drawings are made for themselves, so that the errors of
 * sum and programme do not go together. What both sides count is what the people who were **not** held out brought more.
 */
export function growthOf(
  parts: readonly Pair[],
  programme: readonly Pair[],
  { measure, confidence, toMonth, spend = 0, show }: GrowthOptions,
): Growth {
  const totalOf = (pairs: readonly Pair[], people?: number) => {
    const { total } = comparePairs(pairs, measure, confidence)
    const counted = pairs.filter(canCompare).reduce((sum, { personalized }) => sum + personalized.people, 0)
    const toAll = people === undefined || counted === 0 ? 1 : people / counted
    return scaled(total, toMonth * toAll, -spend * toMonth)
  }
  const sum = totalOf(parts)
  // Quarters in which nobody was held out are taken to be like the others.
  const everybody = programme.reduce((all, { personalized }) => all + personalized.people, 0)
  const whole = totalOf(programme, everybody)
  const overlap = minus(sum, whole, confidence)
  const growth = { sum, programme: whole, overlap, verdict: verdictOf(overlap) }
  return { ...growth, sentence: growthSentence(growth, show) }
}

function verdictOf({ interval }: Estimate): Growth['verdict'] {
  if (interval === null) return 'unknown'
  if (interval[0] > 0) return 'counted-twice'
  return interval[1] < 0 ? 'stand-in' : 'not-told-apart'
}
