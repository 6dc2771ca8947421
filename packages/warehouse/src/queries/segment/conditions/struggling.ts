import { PROFILE_LIMITS } from '@espalier/core/profile'
import { STRUGGLE, type StrugglingCondition } from '@espalier/core/segment'
import { textAt } from '../../../sql/json.ts'
import { actions } from '../actions.ts'
import type { Asked } from '../asked.ts'
import { STAMP } from '../rows.ts'
import { isWithin, jsonNumber } from '../value.ts'

const GAP = PROFILE_LIMITS.sessionGapMs

/** Signs of struggle in the session that goes on, of the last actions that a profile keeps. */
export function struggling(condition: StrugglingCondition, asked: Asked): string {
  const least: { repeats?: number; errors?: number; back?: number } =
    condition.struggling === true ? STRUGGLE : condition.struggling
  // So many actions with no gap of more than half an hour before each lie within this time; those timed ahead take a place.
  const counted = asked.row(actions(asked, { from: asked.at - PROFILE_LIMITS.recent * GAP, ahead: true }))
  const action = asked.row(`concat(e.name, '\\0', arrayStringConcat(${items}, '\\0'))`)
  const all = asked.aggregate(`groupArrayIf((${STAMP}, ${action}, match(e.name, '(?i)error')), ${counted})`)
  const last = `arrayFilter(one -> one.1.1 <= ${asked.whole(asked.at)}, arraySlice(arraySort(${all}), -${PROFILE_LIMITS.recent}))`
  // Gaps after each action, the last of them up to the moment.
  const gaps = `arrayMap((one, next) -> next.1.1 - one.1.1, last, arrayShiftLeft(last, 1, ((${asked.whole(asked.at)}, toInt64(0), toUInt32(0), toUInt64(0)), '', 0)))`
  const session = `arraySlice(last, arrayLastIndex(gap -> gap > ${GAP}, ${gaps}) + 1)`
  const back = `arrayCount((a, b, c) -> a = c AND a != b,
    arraySlice(session.2, 1, length(session) - 2), arraySlice(session.2, 2, length(session) - 2), arraySlice(session.2, 3))`
  const counts = {
    repeats: `arrayMax(arrayReduce('sumMap', arrayMap(one -> [one.2], session), arrayMap(one -> [toUInt64(1)], session)).2)`,
    errors: `arrayCount(one -> one.3, session)`,
    back: `if(length(session) < 3, 0, ${back})`,
  }
  const tests = (['repeats', 'errors', 'back'] as const).flatMap(sign =>
    least[sign] === undefined ? [] : [`${counts[sign]} >= ${least[sign]}`],
  )
  return `arrayMap(session -> (${tests.join(' OR ')}), [arrayMap(last -> ${session}, [${last}])[1]])[1]`
}

/** What an action is about: its products, own ones first, or a page's path. As `itemsOf` of core/profile. */
const items = `arrayMap(ids -> if(notEmpty(ids) OR e.type != 'page', ids, ${path()}), [${products()}])[1]`

function products(): string {
  const id = (of: string) =>
    `multiIf(${['product_id', 'sku']
      .flatMap(key => {
        const at = `${of}, '${key}'`
        const text = `JSONExtractString(${at})`
        return [
          `JSONType(${at}) IN ('Int64', 'UInt64', 'Double')`,
          jsonNumber(`JSONExtractFloat(${at})`),
          `JSONType(${at}) = 'String' AND ${text} != '' AND ${isWithin(text, 200)}`,
          text,
        ]
      })
      .join(', ')}, '')`
  const listed = `arrayMap(p -> ${id('p')}, arrayFilter(p -> JSONType(p) = 'Object', JSONExtractArrayRaw(e.properties, 'products')))`
  const all = `arrayPushFront(${listed}, ${id('e.properties')})`
  return `arraySlice(arrayDistinct(arrayFilter(one -> one != '', ${all})), 1, ${PROFILE_LIMITS.recentItems})`
}

function path(): string {
  const [own, stated] = [textAt(`e.properties, 'path'`), textAt(`e.context, 'page', 'path'`)]
  return `arrayFilter(one -> one != '', [substringUTF8(if(${stated} != '', ${stated}, ${own}), 1, 500)])`
}
