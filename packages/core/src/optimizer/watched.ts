import type { Definition, Metric } from '../definition/index.ts'
import type { ArmStatistics, Impact, SegmentStatistics } from '../experiment/index.ts'

/** A metric of an experience as it stands now. */
export interface Judged {
  readonly key: string
  readonly metric: Metric
  readonly report: Impact
  readonly arms: readonly ArmStatistics[]
  /** Currencies without a rate on some day: then the report must not be read. */
  readonly missingRates: readonly { readonly currency: string; readonly days: number; readonly firstDay: string }[]
}

/** A running experience and what is known of it. */
export interface Watched {
  readonly experience: Definition<'experience'>
  /** How long people have been coming, in days; 0 where nobody has. */
  readonly days: number
  /** Null where the experience has no goal. */
  readonly goal: Judged | null
  /** What a person is worth in money, where the workspace has such a metric on the goal's event. */
  readonly money: Judged | null
  /** What is left of that when goods, discounts and sends are paid, where the settings name a margin (`net.ts`). */
  readonly net: Judged | null
  readonly guardrails: readonly Judged[]
  /** The goal by segment at the first exposure, dimension by dimension. */
  readonly segments: readonly SegmentStatistics[]
  /** Decisions for it and exposures of it, in periods of 24 hours since this version was published, the latest last. */
  readonly decided: readonly number[]
  readonly exposed: readonly number[]
  /** People it was decided for in the last four weeks (or since it runs), and people who came to its touchpoints in that time. */
  readonly people: number
  readonly peopleComing: number
  /** Over how many days these two were counted. */
  readonly peopleDays: number
  /** Share of the people whom a rollout has reached; absent without one. */
  readonly rolledOut?: number
}

/** Everything the optimizer looks at. */
export interface Watch {
  readonly now: number
  readonly experiences: readonly Watched[]
  /** Share of people left out of the whole programme. */
  readonly holdout: number
  /** Touchpoints that are asked for, by periods of 24 hours, the latest last. */
  readonly touchpoints: readonly { readonly key: string; readonly asked: readonly number[] }[]
  /** Events that metrics count, likewise. */
  readonly events: readonly {
    readonly name: string
    readonly metrics: readonly string[]
    readonly counts: readonly number[]
  }[]
}
