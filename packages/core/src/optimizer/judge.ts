import type { Definition, Metric } from '../definition/index.ts'
import {
  type ArmStatistics,
  DEFAULT_CONFIDENCE,
  daysOf,
  type ImpactOptions,
  impact,
  type QuantilesByArm,
} from '../experiment/index.ts'
import { designOf } from '../result/index.ts'
import type { Judged } from './watched.ts'

/** What the warehouse has of one metric of an experience. */
export interface Statistics {
  readonly arms: readonly ArmStatistics[]
  /** The same people as they are to be compared, where chances changed. */
  readonly byChance?: readonly ArmStatistics[]
  readonly contaminated: number
  readonly missingRates: Judged['missingRates']
  readonly quantiles?: QuantilesByArm
  /** When the first and the last exposure were. */
  readonly first?: number
  readonly last?: number
}

export interface JudgeOptions {
  /** Of the verdict too, where the plan says none: guardrails share one among them. */
  readonly confidence?: number
  /** Fixed at launch. */
  readonly plan?: ImpactOptions['plan']
}

/** The report as anybody gets it. */
export function judge(
  experience: Definition<'experience'>,
  { key, metric }: { readonly key: string; readonly metric: Metric },
  statistics: Statistics,
  now: number,
  { confidence = DEFAULT_CONFIDENCE, plan = {} }: JudgeOptions = {},
): Judged {
  const { arms, byChance = arms, contaminated, missingRates, quantiles } = statistics
  const days = daysOf(statistics, now, metric)
  const { kind } = experience.body.policy ?? {}
  const report = impact(byChance, {
    metric,
    confidence,
    contaminated,
    design: designOf(experience, arms),
    plan: { ...(metric.worthwhile !== undefined && { worthwhile: metric.worthwhile }), ...plan },
    redrawn: kind === 'bandit' || kind === 'contextual' || kind === 'rollout',
    isRollout: kind === 'rollout',
    ...(days > 0 && { days }),
    ...(quantiles && { quantiles }),
  })
  return { key, metric, report, arms, missingRates }
}
