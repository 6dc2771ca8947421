import { type Path, type Problem, problem } from '../problem/problem.ts'
import { nearest } from '../problem/suggest.ts'
import type { ImpactSettings } from './impactSettings.ts'
import type { Metric } from './metric.ts'
import type { Surroundings } from './references.ts'

/** What the schema of the impact settings cannot say. */
export function impactProblems(
  { metric, orders }: ImpactSettings,
  path: Path,
  surroundings: Surroundings | undefined,
): Problem[] {
  const found: Problem[] = []
  const { event = 'Order Completed', refund = 'Order Refunded' } = orders ?? {}
  if (event === refund) {
    found.push(problem([...path, 'orders', 'refund'], `"${refund}" is the order itself`, 'name the event of a refund'))
  }
  if (metric === undefined || surroundings === undefined) return found
  const body = surroundings.find('metric', metric) as Metric | undefined
  if (body === undefined) {
    const keys = [...surroundings.keys('metric')]
    found.push(problem([...path, 'metric'], `there is no metric "${metric}"`, nearest(metric, keys, 'metrics')))
  } else if (!addsUp(body)) {
    found.push(problem([...path, 'metric'], `metric "${metric}" does not add up over people`, ADDS_UP))
  }
  return found
}

export const ADDS_UP = 'name one of type conversion, count or sum a person, without absent and delay'

/** Whether the parts of a KPI that several experiences brought can be added: totals of people, not ratios or quantiles. */
export function addsUp({ type, per = 'person', absent, delay }: Metric): boolean {
  return ['conversion', 'count', 'sum'].includes(type) && per === 'person' && absent !== true && delay === undefined
}
