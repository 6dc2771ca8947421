import { DEFAULT_CONFIDENCE, type Estimate } from './estimate.ts'
import { absoluteDifference } from './lift.ts'
import { meanSample } from './sample.ts'

/**
 * How well a score ranks people by what a treatment does to them. People are put in order of the score, the most promising
 * first, and summed in groups (each of equal score, or a twentieth of the people): what the warehouse must deliver. The
 * score must have been made from other people than these.
 *
 * Definitions differ between libraries, so each function names its own.
 */
export interface RankedGroup {
  readonly treatment: GroupArm
  readonly control: GroupArm
}

/** Number, sum and sum of squares over people of the KPI; for differing chances all weighted by 1 / chance. */
export interface GroupArm {
  readonly people: number
  readonly sum: number
  readonly sumSquares: number
}

export interface CurvePoint {
  /** Share of all people that is targeted: those with the highest scores. */
  readonly share: number
  readonly value: number
}

/**
 * The Qini curve as Radcliffe 2007 has it and scikit-uplift computes it: the KPI's total that treating the first so many
 * people adds, among the treated there: Y_t - Y_c N_t / N_c. Begins at 0, 0.
 */
export function qiniCurve(groups: readonly RankedGroup[]): CurvePoint[] {
  return curve(groups, ({ treatment, control }) =>
    control.people === 0 ? treatment.sum : treatment.sum - (control.sum * treatment.people) / control.people,
  )
}

/** What gain a curve shows at each share. */
export type GainVariant =
  /** pylift's `qini`: Y_t(share) / N_t - Y_c(share) / N_c, the mean over all of each arm. */
  | 'qini'
  /** pylift's `aqini`: the control's part scaled to as many people as were treated there. */
  | 'adjusted-qini'
  /** pylift's `cgains`: the difference of the means there, times the share. */
  | 'cumulative-gain'

/** The gain a person, of all people, of treating the given share. Begins at 0, 0. */
export function gainCurve(groups: readonly RankedGroup[], variant: GainVariant = 'qini'): CurvePoint[] {
  const all = total(groups)
  const mean = (sum: number, people: number) => (people > 0 ? sum / people : 0)
  return curve(groups, ({ treatment, control }, share) => {
    switch (variant) {
      case 'qini':
        return mean(treatment.sum, all.treatment.people) - mean(control.sum, all.control.people)
      case 'adjusted-qini':
        return (
          mean(treatment.sum, all.treatment.people) -
          (mean(control.sum, control.people) * treatment.people) / (all.treatment.people || 1)
        )
      default:
        return (mean(treatment.sum, treatment.people) - mean(control.sum, control.people)) * share
    }
  })
}

/** pylift's Q: the area between a gain curve and that of treating people at random. Null where an arm has nobody. */
export function qiniArea(groups: readonly RankedGroup[], variant: GainVariant = 'qini'): number | null {
  if (!hasBoth(groups)) return null
  const points = gainCurve(groups, variant)
  return finite(area(points) - (points.at(-1)?.value ?? 0) / 2)
}

/**
 * Q of the variant `qini` with its interval and p-value. It is a difference of two means over people: each person's KPI
 * times how far their place in the ranking is above the middle (½ for the first, -½ for the last).
 */
export function qiniEstimate(groups: readonly RankedGroup[], confidence = DEFAULT_CONFIDENCE): Estimate {
  const people = total(groups).all
  const sums = { treatment: { n: 0, sum: 0, squares: 0 }, control: { n: 0, sum: 0, squares: 0 } }
  let before = 0
  for (const group of groups) {
    const after = before + group.treatment.people + group.control.people
    const height = 0.5 - (before + after) / 2 / people
    for (const arm of ['treatment', 'control'] as const) {
      sums[arm].n += group[arm].people
      sums[arm].sum += height * group[arm].sum
      sums[arm].squares += height ** 2 * group[arm].sumSquares
    }
    before = after
  }
  const sample = ({ n, sum, squares }: typeof sums.control) => meanSample(n, sum, squares)
  return absoluteDifference(sample(sums.control), sample(sums.treatment), confidence)
}

/**
 * The Qini coefficient as scikit-uplift's `qini_auc_score`: (area - area at random) / (best area there can be - area at
 * random), for a KPI of 0 or 1. The best order has treated who did it first and untreated who did it last. At most 1; null
 * where an arm has nobody or no order is better than another.
 */
export function qiniCoefficient(groups: readonly RankedGroup[]): number | null {
  if (!hasBoth(groups)) return null
  const { treatment, control, all } = total(groups)
  const end = treatment.sum - (control.sum * treatment.people) / control.people
  const best = [
    { share: 0, value: 0 },
    { share: treatment.sum / all, value: treatment.sum },
    { share: 1 - control.sum / all, value: treatment.sum },
    { share: 1, value: end },
  ]
  const random = end / 2
  const room = area(best) - random
  return room > 0 ? finite((area(qiniCurve(groups)) - random) / room) : null
}

function curve(groups: readonly RankedGroup[], gainOf: (sofar: RankedGroup, share: number) => number): CurvePoint[] {
  const { all } = total(groups)
  const points: CurvePoint[] = [{ share: 0, value: 0 }]
  let sofar = NOBODY
  for (const group of groups) {
    sofar = { treatment: plus(sofar.treatment, group.treatment), control: plus(sofar.control, group.control) }
    const people = sofar.treatment.people + sofar.control.people
    if (people > 0) points.push({ share: people / all, value: gainOf(sofar, people / all) })
  }
  return points
}

const EMPTY: GroupArm = { people: 0, sum: 0, sumSquares: 0 }
const NOBODY: RankedGroup = { treatment: EMPTY, control: EMPTY }

function plus(a: GroupArm, b: GroupArm): GroupArm {
  return { people: a.people + b.people, sum: a.sum + b.sum, sumSquares: a.sumSquares + b.sumSquares }
}

function total(groups: readonly RankedGroup[]): RankedGroup & { readonly all: number } {
  const treatment = groups.map(group => group.treatment).reduce(plus, EMPTY)
  const control = groups.map(group => group.control).reduce(plus, EMPTY)
  return { treatment, control, all: treatment.people + control.people }
}

function hasBoth(groups: readonly RankedGroup[]): boolean {
  const { treatment, control } = total(groups)
  return treatment.people > 0 && control.people > 0
}

/** Under straight lines between the points. */
function area(points: readonly CurvePoint[]): number {
  return points.slice(1).reduce((sum, { share, value }, i) => {
    const from = points[i]!
    return sum + ((share - from.share) * (value + from.value)) / 2
  }, 0)
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
