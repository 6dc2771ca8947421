import type { Metric } from '@espalier/core/definition'
import { type QuantilesByArm, quantileWeights } from '@espalier/core/experiment'
import type { Database, Params } from '../client/database.ts'
import type { ImpactQuestion, ImpactStatistics, ImpactsQuestion } from '../warehouse.ts'
import { type ArmVersion, armVersions, numbersOf } from './arms.ts'
import { armStatistics } from './measure/armStatistics.ts'
import { strataOf } from './measure/chances.ts'
import { scopeOf } from './measure/exposed.ts'
import { type Factors, factorsOf } from './measure/factors.ts'
import { missingRates } from './measure/missing.ts'
import { boundsOf } from './measure/span.ts'
import { measure, type Sums } from './measure/sums.ts'

/**
 * Statistics of each arm of an experience, for several metrics at once.
 *
 * - A person is the canonical one; they belong to the arm of their first exposure in the range. Of exposures of one millisecond
 *   control comes first, then the variants by name. Holdout exposures are left out; people seen in two arms stay in their
 *   first and are counted.
 * - Their events count from the first exposure on (its own millisecond included) or so long after it as the metric's delay says, to
 *   the end of its window (exclusive), and up to `now`. An event counts when the metric's conditions hold for it and, where it has a
 *   property, that is an amount. A refund subtracts its amount when the same conditions hold for it; it is no conversion.
 * - Squares are of each person's total. The covariate is the same total of the time just before the first exposure.
 * - Of metrics with a delay or of an absence, with a window, people whose window is open are left out altogether.
 */
export async function impacts(database: Database, question: ImpactsQuestion): Promise<ImpactStatistics[]> {
  const { metrics, now } = question
  const arms = scopeOf(question)
  const versions = await armVersions(database, arms)
  if (versions.length === 0) return metrics.map(nothing)
  const first = Math.min(...versions.map(({ firstSeen }) => firstSeen))
  const last = Math.max(...versions.map(({ lastSeen }) => lastSeen))
  const scope = { ...arms, ...numbersOf(versions), ...boundsOf(metrics, { first, last, now }), now }
  const factors = await factorsOf(database, metrics, scope, question.currency)
  const measured = await measure(database, metrics, versions, factors, scope)
  const answers: ImpactStatistics[] = []
  for (const [index, metric] of metrics.entries()) {
    const { sums, quantiles } = measured[index]!
    const rows = [...sums.values()]
    const isMissing = rows.some(({ missing }) => missing > 0)
    const arms = armStatistics(versions, metric, sums)
    const weighted =
      quantiles && arms.byChance ? await quantilesByChance(database, metric, versions, sums, factors, scope) : null
    answers.push({
      ...arms,
      contaminated: rows.reduce((sum, { crossed }) => sum + crossed, 0),
      first,
      last,
      missingRates: isMissing ? await missingRates(database, metric, factors, scope) : [],
      ...(quantiles && { quantiles: weighted ?? quantiles }),
    })
  }
  return answers
}

/** How people are weighted is known once they are counted, so that where chances changed values are read once more. */
async function quantilesByChance(
  database: Database,
  metric: Metric,
  versions: readonly ArmVersion[],
  sums: ReadonlyMap<number, Sums>,
  factors: Factors,
  scope: Params,
): Promise<QuantilesByArm | null> {
  const people = versions.map((_, index) => sums.get(index + 1)?.people ?? 0)
  const strata = strataOf(versions, people)
  const weights = quantileWeights(
    versions.map(({ control, variant, version, weight }, index) => {
      return { control, variant, stratum: strata.get(version)!, people: people[index]!, weight }
    }),
  )
  if (weights === null) return null
  const [measured] = await measure(database, [metric], versions, factors, scope, weights)
  const { strata: counted, coverage } = weights
  return measured?.quantiles ? { ...measured.quantiles, byChance: { strata: counted, coverage } } : null
}

export async function impact(database: Database, { metric, ...question }: ImpactQuestion): Promise<ImpactStatistics> {
  const [answer] = await impacts(database, { ...question, metrics: [metric] })
  return answer ?? nothing(metric)
}

function nothing({ type }: Metric): ImpactStatistics {
  return {
    arms: [],
    contaminated: 0,
    missingRates: [],
    ...(type === 'quantile' && { quantiles: { arms: [], together: null } }),
  }
}
