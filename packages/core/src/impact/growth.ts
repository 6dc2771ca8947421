import { type Estimate, noEstimate } from '../experiment/index.ts'
import type { Pair } from './cell.ts'
import { canCompare, comparePairs, minus, scaled } from './compare.ts'
import { aMonth, isShort, type MonthEstimate, notYet } from './month.ts'
import type { Measure } from './sums.ts'
import { growthSentence } from './words.ts'

/** What all experiences bring, held against what the holdout measures for the whole programme. */
export interface Gained<E = Estimate> {
  /** Of the experiences, each against its own control group. */
  readonly sum: E
  /** Of the programme: people who were not held out against people who were. */
  readonly programme: E
  /** sum - programme: 0 where no experience changes what another brings. */
  readonly overlap: E
}

/** A month of it; of less than `LEAST_DAYS` nothing is said of a month. */
export interface Growth extends Gained<MonthEstimate> {
  /** The same in the time the report is over. */
  readonly soFar: Gained
  /**
   * counted-twice: the interval of `overlap` is above 0. What several bring only together is counted in each. stand-in: it is below 0.
   * The control group of one has the others, which do part of its work, so each seems to bring less than it does. not-told-apart: it
   * holds 0. unknown: there is none, as where many people were given something that nobody was left out of: that is in the programme, and
   * in no part of the sum. So it is where more or fewer people are held out than were to be.
   */
  readonly verdict: 'counted-twice' | 'stand-in' | 'not-told-apart' | 'unknown'
  readonly sentence: string
}

export interface GrowthOptions {
  readonly measure: Measure
  readonly confidence: number
  /** Length of the time, in days; and from when on it is, epoch milliseconds. */
  readonly days: number
  readonly from?: number | null
  /** What was spent on the experiences in the time: taken off both, so that it is no overlap. */
  readonly spend?: number
  readonly show: (value: number) => string
  /** As many people are held out as were to be; so unless given. */
  readonly isSound?: boolean
}

/** Of the people of all experiences so many may have nobody to be compared with, and the sum is still that of the programme. */
const MOST_UNCOMPARED = 0.01

/**
 * `parts`: the pairs of all experiences. `programme`: pairs of people not held out and held out, each of a time in which who is
 * held out does not change (the holdout is drawn anew each quarter). Both drawings are made for themselves, so that the errors of
 * sum and programme do not go together. What both sides count is what the people who were **not** held out brought more.
 */
export function growthOf(
  parts: readonly Pair[],
  programme: readonly Pair[],
  { measure, confidence, days, from = null, spend = 0, show, isSound = true }: GrowthOptions,
): Growth {
  const totalOf = (pairs: readonly Pair[], people?: number) => {
    const { total } = comparePairs(pairs, measure, confidence)
    const counted = peopleOf(pairs.filter(canCompare))
    const toAll = people === undefined || counted === 0 ? 1 : people / counted
    return scaled(total, toAll, -spend)
  }
  const sum = totalOf(parts)
  const uncompared = peopleOf(parts.filter(pair => !canCompare(pair)))
  const isPartial = sum.value !== null && uncompared > MOST_UNCOMPARED * peopleOf(parts)
  // Quarters in which nobody was held out are taken to be like the others.
  const whole = totalOf(programme, peopleOf(programme))
  const overlap = isPartial ? noEstimate('no-control') : minus(sum, whole, confidence)
  const soFar: Gained = { sum, programme: whole, overlap }
  const month: Gained<MonthEstimate> = {
    sum: aMonth(sum, days),
    programme: aMonth(whole, days),
    overlap: aMonth(overlap, days),
  }
  const verdict = isSound ? verdictOf(overlap) : 'unknown'
  const said = { verdict, uncompared: isPartial ? uncompared : 0, isSound }
  const sentence = isShort(days)
    ? `${growthSentence({ ...soFar, ...said }, 'so far', show)}${sum.value === null ? '' : ` ${notYet(from)}.`}`
    : growthSentence({ ...month, ...said }, 'a month', show)
  return { ...month, soFar, verdict, sentence }
}

const peopleOf = (pairs: readonly Pair[]) => pairs.reduce((sum, { personalized }) => sum + personalized.people, 0)

function verdictOf({ interval }: Estimate): Growth['verdict'] {
  if (interval === null) return 'unknown'
  if (interval[0] > 0) return 'counted-twice'
  return interval[1] < 0 ? 'stand-in' : 'not-told-apart'
}
