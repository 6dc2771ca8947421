import type { ComputedCondition, ValueCondition } from '@espalier/core/segment'
import { aggregateSql } from '../aggregates/aggregate.ts'
import type { Asked } from '../asked.ts'
import { comparisonsSql } from '../comparisons.ts'

export function value({ value: aggregate, ...comparisons }: ValueCondition, asked: Asked): string {
  return comparisonsSql(aggregateSql(aggregate, asked), comparisons, asked, asked.at)
}

export function computed({ computed: key, ...comparisons }: ComputedCondition, asked: Asked, place: string): string {
  const aggregate = asked.named(asked.language.computed, key, place)
  return comparisonsSql(aggregateSql(aggregate, asked), comparisons, asked, asked.at)
}
