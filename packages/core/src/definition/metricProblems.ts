import type { Metric } from './metric.ts'
import { type Problem, problem } from './problem.ts'

/** What is wrong with a metric beyond its schema: each type has the properties that mean something to it. */
export function metricProblems({ type, property, currency, refund }: Metric): Problem[] {
  if (type !== 'conversion') {
    if (property !== undefined) return []
    const mend = 'name the property to add up, such as total; or make the type conversion'
    return [problem(['property'], `a ${type} needs a property`, mend)]
  }
  return Object.entries({ property, currency, refund }).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [problem([name], `a conversion counts people and has no ${name}`, 'remove it, or make the type sum or mean')],
  )
}
