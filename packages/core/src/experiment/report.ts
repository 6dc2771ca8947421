import type { Statistic } from '../definition/metric.ts'
import type { Anytime } from './anytime.ts'
import type { Posterior } from './bayesian.ts'
import type { Crossover } from './crossover.ts'
import type { Estimate } from './estimate.ts'
import type { SampleRatio } from './srm.ts'
import type { Verdict } from './verdict.ts'
import type { CapReport } from './winsor.ts'

/** What an experience does to its metric: each arm, and its lift over the control group. Plain JSON, no NaN, no Infinity. */
export interface Impact extends Comparison {
  /** On all variants together. Null where there is no variant. */
  readonly verdict: Verdict | null
  readonly warnings: readonly Warning[]
  /** The answer in one plain sentence. */
  readonly sentence: string
}

/** The numbers of an `Impact`. */
export interface Comparison {
  readonly metric: ImpactMetric
  readonly confidence: number
  /** Null where there is no control group. */
  readonly control: ArmReport | null
  readonly variants: readonly VariantReport[]
  /** All variants together (`variant` is ''): the lift of the experience. Null where there is no variant. */
  readonly personalized: VariantReport | null
  readonly sampleRatio: SampleRatio
  /**
   * People of `personalized` for whom the policy chose nothing, and who saw the default content: as of rules of which none held. They count,
   * since their like are in the control group as well; among `variants` they are that of no name.
   */
  readonly unreached?: number
  /** People seen in two or more arms: counted in their first. */
  readonly contaminated: number
  /** The policy draws people anew each period: they are meant to see several variants. */
  readonly redrawn?: boolean
  /** It was asked for a part of the time: who is not in it may have been seen before or after. */
  readonly limited?: true
  /** The same by arm, where the statistics say. */
  readonly crossover?: Crossover
  /** Where values above a cap were counted as the cap. */
  readonly capped?: CapReport
  /** Share of people whose conversion window has closed, where the statistics say. */
  readonly matured?: number
  /** People who saw it and are in no number, since their window is open: of an absence, and of what counts after a delay. */
  readonly open?: number
}

export interface ImpactMetric {
  readonly type: Statistic
  readonly name: string
  readonly direction: 'up' | 'down'
  readonly currency?: string
}

export interface ArmReport {
  readonly variant: string
  readonly people: number
  readonly exposures: number
  readonly conversions: number
  /** The KPI: share of people, total a person, or average over events. Null where it has no value. */
  readonly mean: number | null
  readonly standardDeviation: number | null
}

export interface VariantReport extends ArmReport {
  /** (KPI personalized - KPI control) / KPI control, as a fraction: 0.1 is +10 %. */
  readonly lift: Estimate
  /** KPI personalized - KPI control, in units of the KPI. */
  readonly difference: Estimate
  /** The one verdict; all else here is how we know. */
  readonly verdict: Verdict
  readonly evidence: Evidence
}

/** How we know. None of it changes the verdict. `lift` and `difference` of the report are the fixed-horizon intervals. */
export interface Evidence {
  /** The always-valid interval and p-value of the lift, at the report's confidence (the verdict's may be shared among variants). */
  readonly anytime: Anytime
  /** Of the lift, under a flat prior unless one is given. */
  readonly bayesian: Posterior
  /** Adjusted for what the same people did before; null where nothing of it is known. The verdict and `anytime` rest on it then. */
  readonly adjusted: Adjusted | null
  /** Where chances differed between people: how many people with equal chances would tell as much. */
  readonly effectivePeople?: { readonly control: number; readonly treatment: number }
  /** Where chances changed with the version: how many versions were compared, and the share of people in them. */
  readonly strata?: { readonly counted: number; readonly coverage: number | null }
}

export interface Adjusted {
  /** What a unit before foretells of after. */
  readonly theta: number
  /** Share of the variance of the lift that is gone; null where there was none. Below 0 where it got in the way. */
  readonly varianceReduction: number | null
  readonly lift: Estimate
  readonly difference: Estimate
}

/** Something a reader must know before believing a number. `code` is stable. */
export interface Warning {
  readonly code:
    | 'no-control'
    | 'comparison-unused'
    | 'no-people'
    | 'one-person'
    | 'zero-control-mean'
    | 'small-control-mean'
    | 'no-events'
    | 'not-by-chance'
    | 'few-values'
    | 'zero-mean'
    | 'no-variance'
    | 'overflow'
    | 'sample-ratio'
    | 'contaminated'
    | 'redrawn'
    | 'unweighted'
    | 'uneven-crossover'
    | 'open-windows'
    | 'low-overlap'
    | 'strata-left-out'
  readonly message: string
  /** The variant it is about; without it, the whole. */
  readonly variant?: string
}
