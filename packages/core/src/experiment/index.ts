/**
 * Experiments: from sufficient statistics to a verdict. The warehouse aggregates, this decides; nothing here sees an event.
 *
 * What the warehouse must deliver. Every sum is over **people**, of each person's own total within their own window, formed
 * before it is squared: sums add over disjoint sets of people (shards, strata), never over days.
 *
 * | for | type | beside what there is |
 * |---|---|---|
 * | lift, verdict, posterior | `ArmStatistics` | people, `sum`, `sumSquares`; `denominator…` and `crossSum` of a ratio |
 * | adjusting for before (CUPED) | `ArmStatistics.covariate` | the same metric before the first exposure, and cross products |
 * | winsorizing | `ArmStatistics.capped` | sums of min(total, cap) at the pooled cap, and what that took away |
 * | conversion windows | `ArmStatistics.matured` | people whose window has closed |
 * | people in two arms | `ArmStatistics.crossed` | by the arm of their first exposure |
 * | chances that differ between people | `ArmStatistics.weights` | sums weighted by 1 / chance, those of before among them; `expected` is summed chances |
 * | chances that change with the version | `ArmStatistics.stratum` | one set of arms a version of the experience or model |
 * | sample ratio of such chances | `ArmStatistics.weights`, or `Allocation.chanceProducts` | summed weights against everybody (`weightedSrm.ts`), or summed products of the arms' chances |
 * | quantiles | `QuantileStatistics` | in two steps: count and quantile, then `quantileLevels` of `effectiveCount` and counts below it; where chances changed by `quantileWeights` |
 * | drill-down, targeting rules | `SegmentStatistics` | arms by dimension and value at the first exposure |
 * | a rule judged | `ChoiceStatistics` | arms by what the rule chooses, of people it was not learned from |
 * | Qini | `RankedGroup` | people, sum and squares by arm in groups ranked by score |
 * | novelty | `NoveltyStatistics` | sums by day since the first exposure, and each person's trend; `weight` and `stratum` as of arms |
 * | before and after | `Series` | a KPI a period, and a comparison's |
 *
 * The way through: `impact` adds arms and compares each with the control group (`compare.ts`); the fixed-horizon interval
 * (`lift.ts`), the always-valid one (`anytime.ts`, `fieller.ts`), the adjustment (`cuped.ts`) and the posterior
 * (`bayesian.ts`) are evidence; `verdict.ts` gives the one verdict. Planning is in `power.ts` and `traffic.ts`. The
 * distributions are `normal`, `student`, `chi-square`, `beta` and `gamma`.
 */
export * from './anytime.ts'
export * from './arm.ts'
export * from './asChosen.ts'
export * from './bayesian.ts'
export * from './beforeAfter.ts'
export * from './compare.ts'
export * from './correction.ts'
export * from './covariate.ts'
export * from './crossover.ts'
export * from './cuped.ts'
export * from './drilldown.ts'
export * from './estimate.ts'
export * from './fieller.ts'
export * from './impact.ts'
export * from './lift.ts'
export * from './longRun.ts'
export * from './mixture.ts'
export * from './novelty.ts'
export * from './power.ts'
export * from './qini.ts'
export * from './quantile.ts'
export * from './quantileWeights.ts'
export * from './randomEffects.ts'
export * from './report.ts'
export * from './sample.ts'
export * from './sentence.ts'
export * from './srm.ts'
export * from './steady.ts'
export * from './stratified.ts'
export * from './targeting.ts'
export * from './traffic.ts'
export * from './uplift.ts'
export * from './verdict.ts'
export * from './warnings.ts'
export * from './weighted.ts'
export * from './weightedSrm.ts'
export * from './window.ts'
export * from './winsor.ts'
