import type { Aggregate } from '@espalier/core/segment'
import { SIGNAL_LIMITS } from '@espalier/core/signal'
import { pathInto } from '../../../sql/json.ts'
import type { Asked } from '../asked.ts'
import { happened } from '../happened.ts'
import { isWithin, jsonNumber, jsonText, jsonValue, listValue, numberValue, type SqlValue } from '../value.ts'
import { windowOf } from './window.ts'

type Values = Extract<Aggregate, { distinct: string } | { mostFrequent: string } | { list: string }>

/**
 * The values that occurred in whole buckets, each as its JSON. Of more than `SIGNAL_LIMITS.values` of all buckets together the
 * newest buckets' count, of one bucket those whose JSON is least (R11).
 */
export function values(aggregate: Values, asked: Asked): SqlValue {
  const property =
    'distinct' in aggregate ? aggregate.distinct : 'list' in aggregate ? aggregate.list : aggregate.mostFrequent
  const { from, bucketOf } = windowOf(aggregate.within, asked)
  const happens = happened(asked, { name: aggregate.of, where: aggregate.where, from })
  const found = textsAt(pathInto('e.properties', property, asked))
  const occurred = asked.row(`arrayMap(text -> (-toInt64(${bucketOf('e.at')}), text), if(${happens}, ${found}, []))`)
  if ('mostFrequent' in aggregate) {
    // Each pair as often as it occurred.
    const all = `arraySort(${asked.aggregate(`groupArrayArray(${occurred})`)})`
    return jsonValue(mostFrequent(all))
  }
  const all = asked.aggregate(`groupUniqArrayArray(${occurred})`)
  const kept = `arraySlice(arraySort(${all}), 1, ${SIGNAL_LIMITS.values})`
  const texts = `arrayDistinct(arrayMap(one -> one.2, ${kept}))`
  return 'distinct' in aggregate ? numberValue(`length(${texts})`) : listValue(texts)
}

/** The text that occurred most often, of several the least; '' where there is none. */
function mostFrequent(all: string): string {
  // A run of equal pairs is one entry; what is beyond the bound is left out with all its times.
  const entries = `arrayCumSum((one, before) -> one != before, pairs, arrayShiftRight(pairs, 1, (toInt64(1), '')))`
  const kept = `arrayFilter((one, entry) -> entry <= ${SIGNAL_LIMITS.values}, pairs, ${entries})`
  const counts = `arrayReduce('sumMap', arrayMap(one -> [one.2], kept), arrayMap(one -> [toUInt64(1)], kept))`
  const best = `arrayMap(c -> (c.1)[greatest(1, indexOf(c.2, arrayMax(c.2)))], [${counts}])[1]`
  return `arrayMap(pairs -> arrayMap(kept -> ${best}, [${kept}])[1], [${all}])[1]`
}

/** The values at the arguments of JSON functions, as JSON: of a list each element once. Longer ones are left out. */
function textsAt(at: string): string {
  const one = (at: string) => {
    const { isText, text, isNumber, number, isBoolean, boolean } = jsonValue(at)
    return `multiIf(${isText}, ${jsonText(text)}, ${isNumber}, ${jsonNumber(number)}, ${isBoolean}, if(${boolean}, 'true', 'false'), '')`
  }
  const list = `if(JSONType(${at}) = 'Array', arrayMap(e -> ${one('e')}, JSONExtractArrayRaw(${at})), [${one(at)}])`
  return `arrayDistinct(arrayFilter(text -> text != '' AND ${isWithin('text', SIGNAL_LIMITS.valueText)}, ${list}))`
}
