import type { AnytimeOptions } from './anytime.ts'
import { type Anytime, anytime, anytimeMultiplier } from './anytime.ts'
import type { CovariateSample } from './covariate.ts'
import { cupedSample } from './cuped.ts'
import { cupedLiftParts, fiellerInterval, type LiftParts, liftParts } from './fieller.ts'
import { inUnits, type Sample } from './sample.ts'

/**
 * A small arm has often not seen yet how much people differ: no big order so far, nobody who left, and its mean looks as if
 * it were certain. So each arm's variance is taken as if this many more of its people had differed as much as those of both
 * arms together do, where that is more. It matters for hundreds of people and is gone for tens of thousands. Without it, with
 * 3 % in the control group and a look after every 25 people, always-valid intervals missed the truth at some look in up to
 * 26 of 100 simulated experiments (skewed values); with it in at most 3.
 */
const MORE_PEOPLE = 100

/**
 * As many where nothing is waited for: the verdict waits until both means are five standard errors away from 0, a plain interval is told of
 * any number of people. Without any, intervals of a difference that is none lay above 0 in up to 53 of 100 simulated experiments with 5 to
 * 100 people in the control group and 9 or 19 times as many beside it, of whom 2 to 20 % did it or spent: nobody of the control group happened to. With
 * 100 they did in 10, with 1,000 in 5.
 */
export const MORE_WITHOUT_WAITING = 1000

/** Two arms that are compared, with what people did before where the difference is adjusted for it. */
export interface ComparedArms {
  readonly control: Sample
  readonly treatment: Sample
  readonly adjusted?: AdjustedArms | null
}

export interface AdjustedArms {
  readonly control: CovariateSample
  readonly treatment: CovariateSample
  readonly theta: number
}

/**
 * The two samples with their variances steadied, as if so many more people of each differed as those of both together do. Where people do not
 * tell alike, as many more who do.
 */
export function steady(
  control: Sample,
  treatment: Sample,
  more = MORE_PEOPLE,
): readonly [control: Sample, treatment: Sample] {
  const together = varianceTogether(inUnits(control), inUnits(treatment))
  const steadied = (sample: Sample): Sample => {
    const { n, variance: own } = inUnits(sample)
    const variance = (n * own + more * together) / (n + more)
    return variance > own ? { ...sample, variance: (variance * sample.n) / n } : sample
  }
  return [steadied(control), steadied(treatment)]
}

/** Of people of both arms as if they were one. */
export function varianceTogether(control: Sample, treatment: Sample): number {
  const n = control.n + treatment.n
  const mean = (control.n * control.mean + treatment.n * treatment.mean) / n
  const within = control.n * control.variance + treatment.n * treatment.variance
  const between = control.n * (control.mean - mean) ** 2 + treatment.n * (treatment.mean - mean) ** 2
  return (within + between) / n
}

/** What the lift's interval is made of, adjusted where it can be, with steadied variances. */
export function steadyLiftParts({ control, treatment, adjusted }: ComparedArms): LiftParts {
  const parts = adjusted
    ? cupedLiftParts(adjusted.control, adjusted.treatment, adjusted.theta)
    : liftParts(control, treatment)
  const plain = adjusted
    ? ([cupedSample(adjusted.control, adjusted.theta), cupedSample(adjusted.treatment, adjusted.theta)] as const)
    : ([control, treatment] as const)
  const steadied = steady(...plain)
  const [inControl, inTreatment] = plain.map((one, i) => (steadied[i]!.variance - one.variance) / one.n) as [
    number,
    number,
  ]
  return {
    ...parts,
    differenceVariance: parts.differenceVariance + inControl + inTreatment,
    scaleVariance: parts.scaleVariance + inControl,
    covariance: parts.covariance - Math.sign(control.mean) * inControl,
  }
}

/**
 * The always-valid interval of a lift, Fieller's, and the p-value of no difference; both null where there is no error. The
 * interval is null too where the control's mean is too near 0 for any lift to be excluded.
 */
export function anytimeLift(parts: LiftParts, people: number, options: AnytimeOptions = {}): Anytime {
  const standardError = Math.sqrt(parts.differenceVariance)
  if (!(standardError > 0 && Number.isFinite(standardError) && Number.isFinite(parts.difference) && people > 0)) {
    return { interval: null, p: null }
  }
  const { p } = anytime({ value: parts.difference, standardError, interval: null, p: null, dof: null }, people, options)
  return { interval: fiellerInterval(parts, anytimeMultiplier(people, options)), p }
}
