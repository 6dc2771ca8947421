import { type Comparisons, compileComparison } from '../../filter/comparison.ts'
import type { JsonObject } from '../../json.ts'
import type { Aggregate } from '../aggregate.ts'
import type { Aggregates, SharedAggregate } from '../aggregates.ts'
import type { ComputedCondition, ValueCondition } from '../condition.ts'
import { compared } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING } from '../node.ts'

/** Holds when the value made from events compares as stated. */
export function value(condition: ValueCondition, aggregates: Aggregates): CompiledCondition {
  const { value: aggregate, ...comparisons } = condition
  return onAggregate(
    condition,
    `value:${JSON.stringify(aggregate)}`,
    aggregates.of(aggregate, greatestOf(comparisons)),
    comparisons,
  )
}

/** Holds when the computed trait compares as stated; one that does not exist is missing. */
export function computed(
  condition: ComputedCondition,
  aggregate: Aggregate,
  aggregates: Aggregates,
): CompiledCondition {
  const { computed: key, ...comparisons } = condition
  return onAggregate(condition, `computed:${key}`, aggregates.of(aggregate, greatestOf(comparisons)), comparisons)
}

function onAggregate(
  condition: ValueCondition | ComputedCondition,
  name: string,
  aggregate: SharedAggregate,
  comparisons: Comparisons,
): CompiledCondition {
  const { compiled, read, later } = aggregate
  const { isSaturated, needs, touched } = compiled
  return compared({
    condition: condition as JsonObject,
    read,
    later,
    comparison: compileComparison(comparisons),
    actual: ({ profile, now }): JsonObject => (isSaturated(profile, now) ? { saturated: true } : {}),
    reads: { ...READS_NOTHING, facts: [{ name, read }] },
    needs,
    touched,
  })
}

/** All numbers beyond this compare alike. */
function greatestOf({ is, isNot, in: oneOf = [], notIn = [], gt, gte, lt, lte }: Comparisons): number {
  const stated = [is, isNot, ...oneOf, ...notIn, gt, gte, lt, lte].filter(value => typeof value === 'number')
  return Math.max(Number.NEGATIVE_INFINITY, ...stated)
}
