import { statisticOf } from '../definition/index.ts'
import {
  type ArmStatistics,
  addArms,
  armSample,
  asChosen,
  type Estimate,
  formatPercent,
  relativeLift,
  type Sample,
  stratified,
} from '../experiment/index.ts'
import { whole } from '../words.ts'
import type { Expectation, Suggestion } from './suggestion.ts'

/** What was measured of a promise. Plain JSON. */
export interface Outcome {
  readonly at: number
  /** Between which exposures. */
  readonly from: number
  readonly to: number
  /** As the promise says it: relative to the control group. Null where it could not be measured. */
  readonly lift: number | null
  /** At the confidence of a single look, for which the time was fixed when it was done. */
  readonly interval: readonly [low: number, high: number] | null
  /**
   * `holdout`: nobody was left out of the experience any more, and those left out of the whole programme stand in. `before and after` is an
   * indication and no proof: then it is the control group of before.
   */
  readonly by: 'control group' | 'holdout' | 'before and after' | 'nothing'
  readonly people: number
  readonly control: number
  /** Whether the measured lift lies inside the promised interval; null where there is none. */
  readonly inside: boolean | null
  /** Whether both may be the same: the intervals overlap. */
  readonly agrees: boolean | null
  readonly sentence: string
}

export interface Measured {
  readonly at: number
  readonly from: number
  readonly to: number
  readonly metric: Parameters<typeof statisticOf>[0]
  /** Of the exposures between `from` and `to`. */
  readonly arms: readonly ArmStatistics[]
  /** Of the same people, where chances changed meanwhile: by what they are to be compared within. */
  readonly byChance?: readonly ArmStatistics[]
  /** The same with the holdout of the programme for a control group, where nobody is left out any more. */
  readonly heldOut?: readonly ArmStatistics[]
  /** Of as long a time before, likewise. */
  readonly before?: readonly ArmStatistics[]
  /** Currencies lack rates: nothing can be added up. */
  readonly missingRates?: boolean
}

/** With fewer in either group nothing is said. */
const FEWEST_PEOPLE = 30

/** Holds a promise against what came. */
export function outcomeOf({ expected, about, kind }: Suggestion, measured: Measured): Outcome {
  const { at, from, to, metric, arms, byChance, heldOut = [], before = [], missingRates = false } = measured
  const type = statisticOf(metric)
  const ofVariant = (arm: ArmStatistics) =>
    !arm.control && (about.variant === undefined || arm.variant === about.variant)
  const treatment = together(arms.filter(ofVariant))
  const leftOut = [
    { by: 'control group' as const, control: together(arms.filter(arm => arm.control)) },
    { by: 'holdout' as const, control: together(heldOut.filter(arm => arm.control)) },
    { by: 'before and after' as const, control: together(before.filter(arm => arm.control)) },
  ]
  // The first that has enough people is the best there is.
  const { by, control } = leftOut.find(one => (one.control?.people ?? 0) >= FEWEST_PEOPLE) ?? leftOut[0]!
  const common = { at, from, to, people: treatment?.people ?? 0, control: control?.people ?? 0 }
  const nothing = (why: string): Outcome => ({
    ...common,
    lift: null,
    interval: null,
    by: 'nothing',
    inside: null,
    agrees: null,
    sentence: `It could not be measured: ${why}.`,
  })
  if (expected === null) return nothing('nothing was promised that can be')
  if (missingRates) return nothing('there are no exchange rates for some of its money')
  if (type === 'quantile') return nothing('a quantile has no total to compare')
  if (treatment === undefined || treatment.people < FEWEST_PEOPLE) {
    return nothing(`${whole(common.people)} people saw it in that time`)
  }
  if (control === undefined || control.people < FEWEST_PEOPLE) return nothing('nobody was left out to compare with')
  // Who was left out at another time, or of all, was not drawn with the chances of these.
  const [left, got] =
    byChance !== undefined && by === 'control group'
      ? withinChances(about.variant === undefined ? asChosen(byChance) : byChance, ofVariant, type)
      : [armSample(control, type), armSample(treatment, type)]
  const estimate = relativeLift(left, got)
  if (estimate.reason === 'no-control') return nothing('no version of it had both groups')
  if (estimate.value === null) return nothing('the control group never did it')
  const found = kind === 'extend' ? atLeastNothing(estimate, expected) : estimate
  const { value, interval } = found as { value: number; interval: readonly [number, number] | null }
  const inside = value >= expected.interval[0] && value <= expected.interval[1]
  const agrees = interval === null ? null : interval[0] <= expected.interval[1] && interval[1] >= expected.interval[0]
  return { ...common, lift: value, interval, by, inside, agrees, sentence: sentenceOf(expected, value, interval, by) }
}

/** After waiting, a lift for the worse is not taken: then waiting brought nothing. */
function atLeastNothing({ value, interval }: Estimate, { direction }: Expectation) {
  const sign = direction === 'down' ? -1 : 1
  const part = (lift: number) => sign * Math.max(0, sign * lift)
  return { value: part(value!), interval: interval && ([part(interval[0]), part(interval[1])] as const) }
}

function withinChances(
  arms: readonly ArmStatistics[],
  isTreatment: (arm: ArmStatistics) => boolean,
  type: ReturnType<typeof statisticOf>,
): readonly [control: Sample, treatment: Sample] {
  // With one stratum these are the arms' own means, by their weights where they have any: all together count as they came.
  const { control, treatment } = stratified(arms, type, isTreatment)
  return [control, treatment]
}

function together(arms: readonly ArmStatistics[]): ArmStatistics | undefined {
  return addArms(arms.map(arm => ({ ...arm, variant: '' })))[0]
}

function sentenceOf(
  expected: Expectation,
  lift: number,
  interval: readonly [number, number] | null,
  by: Outcome['by'],
): string {
  const [low, high] = expected.interval.map(formatPercent)
  const range = interval === null ? '' : ` (${formatPercent(interval[0])} to ${formatPercent(interval[1])})`
  const proof = {
    'control group': '',
    holdout: ', against the holdout of the whole programme',
    'before and after': ', against the control group of before: an indication, not proof',
    nothing: '',
  }[by]
  return `${formatPercent(expected.lift)} was promised (${low} to ${high}), ${formatPercent(lift)}${range} was measured${proof}.`
}
