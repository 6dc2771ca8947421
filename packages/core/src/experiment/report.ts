import type { Metric } from '../definition/metric.ts'
import type { Estimate } from './estimate.ts'
import type { SampleRatio } from './srm.ts'

/** What an experience does to its metric: each arm, and its lift over the control group. Plain JSON, no NaN, no Infinity. */
export interface Impact extends Comparison {
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
  /** People seen in two or more arms: counted in their first. */
  readonly contaminated: number
}

export interface ImpactMetric {
  readonly type: Metric['type']
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
}

/** Something a reader must know before believing a number. `code` is stable. */
export interface Warning {
  readonly code:
    | 'no-control'
    | 'no-people'
    | 'one-person'
    | 'zero-control-mean'
    | 'small-control-mean'
    | 'no-events'
    | 'no-variance'
    | 'overflow'
    | 'sample-ratio'
    | 'contaminated'
  readonly message: string
  /** The variant it is about; without it, the whole. */
  readonly variant?: string
}
