import type { Aggregate } from '@espalier/core/segment'
import { durationMs } from '@espalier/core/time'
import { pathInto } from '../../../sql/json.ts'
import type { Asked } from '../asked.ts'
import { happened } from '../happened.ts'
import { STAMP } from '../rows.ts'
import { jsonValue, numberValue, type SqlValue } from '../value.ts'

const DAY = 86_400_000

/** The value of the first or last event, in their total order, that has one of one piece. */
export function edge(aggregate: Extract<Aggregate, { first: string } | { last: string }>, asked: Asked): SqlValue {
  const property = 'first' in aggregate ? aggregate.first : aggregate.last
  const at = pathInto('e.properties', property, asked)
  const isPiece = `JSONType(${at}) NOT IN ('Null', 'Object', 'Array')`
  const counted = asked.row(`${happened(asked, { name: aggregate.of, where: aggregate.where })} AND ${isPiece}`)
  const text = (which: 'Min' | 'Max') => asked.aggregate(`arg${which}If(JSONExtractRaw(${at}), ${STAMP}, ${counted})`)
  if ('first' in aggregate) return jsonValue(text('Min'))
  if (aggregate.within === undefined) return jsonValue(text('Max'))
  // The last of all, where it is not too old: one before it that were not so old there cannot be.
  const last = asked.aggregate(`maxIf(e.at, ${counted})`)
  return jsonValue(`if(${last} > ${asked.whole(asked.at - durationMs(aggregate.within))}, ${text('Max')}, '')`)
}

/** Whole days of 24 hours since the first or last event. */
export function daysSince(aggregate: Extract<Aggregate, { daysSince: string }>, asked: Asked): SqlValue {
  const counted = asked.row(happened(asked, { name: aggregate.of, where: aggregate.where }))
  const then = asked.aggregate(`${aggregate.daysSince === 'first' ? 'min' : 'max'}If(e.at, ${counted})`)
  return numberValue(`intDiv(${asked.whole(asked.at)} - ${then}, ${DAY})`, asked.aggregate(`countIf(${counted}) > 0`))
}
