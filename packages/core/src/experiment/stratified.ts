import type { Statistic } from '../definition/metric.ts'
import { type ArmStatistics, addArms } from './arm.ts'
import { type CovariateSample, covariateSample } from './covariate.ts'
import { cupedThetaOver } from './cuped.ts'
import { armSample, type Sample } from './sample.ts'
import type { AdjustedArms } from './steady.ts'

/**
 * Two arms over strata in which the chances of the arms differ (versions of the experience or of the model): each stratum's
 * means count by its share of all people of both arms, so that a stratum with better customers and more of one arm does not
 * pass for an effect.
 */
export interface Stratified {
  readonly control: Sample
  readonly treatment: Sample
  /** Strata counted: those with at least two people in both arms. */
  readonly strata: number
  /** Share of the people of both arms who are in a counted stratum; null where there is nobody. */
  readonly coverage: number | null
  /** With what people did before, the same in all strata; null where it is not known of every arm of each counted stratum. */
  readonly adjusted: AdjustedArms | null
}

interface Stratum {
  readonly control: Sample
  readonly treatment: Sample
  readonly people: number
  /** Of the two, and of all arms there are, for the common theta. */
  readonly before: readonly [control: CovariateSample, treatment: CovariateSample] | null
  readonly all: readonly CovariateSample[]
}

/**
 * `isTreatment` says which arms are compared with the control group; several are taken together. Strata with fewer than two
 * people in an arm cannot be judged and are left out of both arms.
 */
export function stratified(
  arms: readonly ArmStatistics[],
  type: Statistic,
  isTreatment: (arm: ArmStatistics) => boolean,
): Stratified {
  const members = new Map<string, ArmStatistics[]>()
  for (const arm of arms) {
    const stratum = arm.stratum ?? ''
    members.set(stratum, [...(members.get(stratum) ?? []), arm])
  }
  const all = [...members.values()].map((own): Stratum => {
    const control = addArms(own.filter(arm => arm.control))[0]
    const together = own.filter(arm => !arm.control && isTreatment(arm)).map(arm => ({ ...arm, variant: '' }))
    const treatment = addArms(together)[0]
    const [one, two] = [control, treatment].map(arm => (arm === undefined ? null : covariateSample(arm, type)))
    return {
      control: control === undefined ? NOBODY : armSample(control, type),
      treatment: treatment === undefined ? NOBODY : armSample(treatment, type),
      people: (control?.people ?? 0) + (treatment?.people ?? 0),
      before: one && two ? [one, two] : null,
      all: addArms(own)
        .map(arm => covariateSample(arm, type))
        .filter(sample => sample !== null),
    }
  })
  const counted = all.filter(({ control, treatment }) => isKnown(control) && isKnown(treatment))
  const people = (strata: readonly Stratum[]) => strata.reduce((sum, stratum) => sum + stratum.people, 0)
  return {
    control: combine(counted, stratum => stratum.control),
    treatment: combine(counted, stratum => stratum.treatment),
    strata: counted.length,
    coverage: people(all) > 0 ? people(counted) / people(all) : null,
    adjusted: adjustedOver(counted, type),
  }
}

function adjustedOver(counted: readonly Stratum[], type: Statistic): AdjustedArms | null {
  if (counted.length === 0 || counted.some(({ before }) => before === null)) return null
  const theta = cupedThetaOver(
    counted.map(({ all }) => all),
    { ratio: type === 'mean' },
  )
  if (theta === 0) return null
  const side = (index: 0 | 1): CovariateSample => {
    const of = (sampleOf: (sample: CovariateSample) => Sample) =>
      combine(counted, ({ before }) => sampleOf(before![index]))
    const covariance = of(sample => ({ ...sample, variance: sample.covariance })).variance
    return { ...of(sample => sample), before: of(({ n, before }) => ({ ...before, n })), covariance }
  }
  return { control: side(0), treatment: side(1), theta }
}

const NOBODY: Sample = { n: 0, mean: Number.NaN, variance: 0 }
const isKnown = ({ n, mean }: Sample) => n >= 2 && !Number.isNaN(mean)

/** One arm over strata, of `people` in both arms each: the mean of means by share of people; the variance such that divided by n it is that of this mean. */
export function combine<S extends { readonly people: number }>(
  strata: readonly S[],
  sampleOf: (stratum: S) => Sample,
): Sample {
  const people = strata.reduce((sum, stratum) => sum + stratum.people, 0)
  let n = 0
  let units = 0
  let mean = 0
  let squaredError = 0
  for (const stratum of strata) {
    const sample = sampleOf(stratum)
    const share = stratum.people / people
    n += sample.n
    units += sample.units ?? sample.n
    mean += share * sample.mean
    squaredError += (share ** 2 * sample.variance) / sample.n
  }
  const own = { n, mean: strata.length === 0 ? Number.NaN : mean, variance: n * squaredError }
  return units < n ? { ...own, units } : own
}
