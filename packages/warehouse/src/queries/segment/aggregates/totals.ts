import type { Aggregate } from '@espalier/core/segment'
import { PARTS, SIGNAL_LIMITS } from '@espalier/core/signal'
import { hotAmounts } from '../../../schema/hot.ts'
import type { Asked } from '../asked.ts'
import { happened } from '../happened.ts'
import { numberValue, pathValue, type SqlValue } from '../value.ts'
import { windowOf } from './window.ts'

type Total = Extract<
  Aggregate,
  { count: string } | { sum: string } | { average: string } | { min: string } | { max: string }
>

/** Count, sum, average, least and greatest of the amounts in whole buckets; amounts are whole ten-thousandths. */
export function total(aggregate: Total, asked: Asked): SqlValue {
  const window = windowOf(aggregate.within, asked)
  if ('count' in aggregate) {
    const counted = asked.row(happened(asked, { name: aggregate.count, where: aggregate.where, from: window.from }))
    return numberValue(asked.aggregate(`countIf(${counted})`))
  }
  const { isNumber, number } = amountAt(propertyOf(aggregate), asked)
  const happens = happened(asked, { name: aggregate.of, where: aggregate.where, from: window.from })
  const counted = asked.row(`${happens} AND ${isNumber} AND abs(${number}) <= ${SIGNAL_LIMITS.amount}`)
  // Of what is no amount nothing is made: it may be too large for a whole number.
  const parts = asked.row(
    `toInt64(floor(if(abs(${number}) <= ${SIGNAL_LIMITS.amount}, ${number}, 0) * ${PARTS} + 0.5))`,
  )
  const count = () => asked.aggregate(`countIf(${counted})`)
  const of = (sql: string) => `(toFloat64(${asked.aggregate(`${sql}If(${parts}, ${counted})`)}) / ${PARTS})`
  if ('sum' in aggregate) return numberValue(of('sum'))
  if ('average' in aggregate) return numberValue(`if(${count()} = 0, 0, ${of('sum')} / ${count()})`, `${count()} > 0`)
  return numberValue(of('min' in aggregate ? 'min' : 'max'), `${count()} > 0`)
}

/** A number among the properties of a row `e`. Of some it is kept beside the row: reading and parsing JSON is most of what a sum costs. */
function amountAt(property: string, asked: Asked): Pick<SqlValue, 'isNumber' | 'number'> {
  const hot = hotAmounts.get(property)
  if (hot === undefined) return pathValue('e.properties', property, asked)
  const { amount, isText } = hot
  return { isNumber: `(isNotNull(e.${amount.name}) AND NOT e.${isText.name})`, number: `ifNull(e.${amount.name}, 0)` }
}

function propertyOf(aggregate: Exclude<Total, { count: string }>): string {
  if ('sum' in aggregate) return aggregate.sum
  if ('average' in aggregate) return aggregate.average
  return 'min' in aggregate ? aggregate.min : aggregate.max
}
