import { type Comparisons, compileComparison } from '../../filter/comparison.ts'
import type { JsonObject } from '../../json.ts'
import type { Aggregate } from '../aggregate.ts'
import { compileAggregate } from '../compileAggregate.ts'
import type { ComputedCondition, ValueCondition } from '../condition.ts'
import { compared } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING } from '../node.ts'

/** Holds when the value made from events compares as stated. */
export function value(condition: ValueCondition, zone: string): CompiledCondition {
  const { value: aggregate, ...comparisons } = condition
  return onAggregate(condition, `value:${JSON.stringify(aggregate)}`, aggregate, comparisons, zone)
}

/** Holds when the computed trait compares as stated; one that does not exist is missing. */
export function computed(condition: ComputedCondition, aggregate: Aggregate, zone: string): CompiledCondition {
  const { computed: key, ...comparisons } = condition
  return onAggregate(condition, `computed:${key}`, aggregate, comparisons, zone)
}

function onAggregate(
  condition: ValueCondition | ComputedCondition,
  name: string,
  aggregate: Aggregate,
  comparisons: Comparisons,
  zone: string,
): CompiledCondition {
  const greatest = greatestOf(comparisons)
  const { read, later, isSaturated, needs, touched } = compileAggregate(aggregate, zone)
  return compared({
    condition: condition as JsonObject,
    read: ({ profile, now }) => read(profile, now),
    later: ({ profile, now }, told) => later(profile, now, told, greatest),
    comparison: compileComparison(comparisons),
    actual: ({ profile, now }): JsonObject => (isSaturated(profile, now) ? { saturated: true } : {}),
    reads: { ...READS_NOTHING, facts: [{ name, read: ({ profile, now }) => read(profile, now) }] },
    needs,
    touched,
  })
}

/** All numbers beyond this compare alike. */
function greatestOf({ is, isNot, in: oneOf = [], notIn = [], gt, gte, lt, lte }: Comparisons): number {
  const stated = [is, isNot, ...oneOf, ...notIn, gt, gte, lt, lte].filter(value => typeof value === 'number')
  return Math.max(Number.NEGATIVE_INFINITY, ...stated)
}
