import type { PropertyCondition } from '@espalier/core/filter'
import { conditionsSql } from '../conditions.ts'
import type { Asked } from './asked.ts'

export interface Happened {
  readonly name: string
  readonly where?: readonly PropertyCondition[] | undefined
  /** Only from then on (inclusive), epoch milliseconds. */
  readonly from?: number | undefined
}

/** Of the rows `e` those of events of a name, for which the filter holds, up to the moment. */
export function happened(asked: Asked, { name, where = [], from }: Happened): string {
  const isNamed = `name = ${asked.text(name)}`
  const since = from === undefined || from === Number.NEGATIVE_INFINITY ? undefined : from
  asked.need(
    `${isNamed} AND timestamp <= ${asked.instant(asked.at)}${since === undefined ? '' : ` AND timestamp >= ${asked.instant(since)}`}`,
  )
  const tests = [
    `e.${isNamed}`,
    `e.at <= ${asked.whole(asked.at)}`,
    ...(since === undefined ? [] : [`e.at >= ${asked.whole(since)}`]),
    conditionsSql('e.properties', where, asked),
  ]
  return `(${tests.join(' AND ')})`
}
