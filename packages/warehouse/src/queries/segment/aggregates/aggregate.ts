import type { Aggregate } from '@espalier/core/segment'
import type { Asked } from '../asked.ts'
import type { SqlValue } from '../value.ts'
import { daysSince, edge } from './edges.ts'
import { sessionCount } from './sessions.ts'
import { total } from './totals.ts'
import { values } from './values.ts'

/** A value made from a person's events: the same as `compileAggregate` of core/segment reads from signals. */
export function aggregateSql(aggregate: Aggregate, asked: Asked): SqlValue {
  if ('sessions' in aggregate) return sessionCount(aggregate, asked)
  if ('first' in aggregate || 'last' in aggregate) return edge(aggregate, asked)
  if ('daysSince' in aggregate) return daysSince(aggregate, asked)
  if ('distinct' in aggregate || 'mostFrequent' in aggregate || 'list' in aggregate) return values(aggregate, asked)
  return total(aggregate, asked)
}
