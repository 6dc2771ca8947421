import type { DidCondition } from '@espalier/core/segment'
import { durationMs, parseInstant } from '@espalier/core/time'
import type { Asked } from '../asked.ts'
import { happened } from '../happened.ts'

/** How often it happened in (now - within, now], from `since` on, and later than the last time of the event of `sinceLast`. */
export function did(condition: DidCondition, asked: Asked): string {
  const { did: name, where, atMost, sinceLast } = condition
  const least = condition.atLeast ?? (atMost === undefined ? 1 : 0)
  const window = condition.within === undefined ? Number.NEGATIVE_INFINITY : asked.at - durationMs(condition.within) + 1
  const since = condition.since === undefined ? Number.NEGATIVE_INFINITY : (parseInstant(condition.since) ?? Infinity)
  const counted = asked.row(happened(asked, { name, where, from: Math.max(window, since) }))
  if (sinceLast !== undefined && least === 1 && atMost === undefined) return isLater(counted, sinceLast, asked)
  const n = sinceLast === undefined ? asked.aggregate(`countIf(${counted})`) : later(counted, sinceLast, asked)
  const tests = [`${n} >= ${asked.whole(least)}`, ...(atMost === undefined ? [] : [`${n} <= ${asked.whole(atMost)}`])]
  return `(${tests.join(' AND ')})`
}

/** Whether what is counted came later than the last time of another event: for this its last time is enough. */
function isLater(counted: string, other: string, asked: Asked): string {
  const others = asked.row(happened(asked, { name: other }))
  const isThere = [counted, others].map(row => asked.aggregate(`countIf(${row}) > 0`))
  const [last, lastOther] = [counted, others].map(row => asked.aggregate(`maxIf(e.at, ${row})`))
  return `(${isThere.join(' AND ')} AND ${last} > ${lastOther})`
}

/** Of what is counted, how often it came later than the last time of another event: never where that never happened. */
function later(counted: string, other: string, asked: Asked): string {
  const others = asked.row(happened(asked, { name: other }))
  const isThere = asked.aggregate(`countIf(${others}) > 0`)
  const last = asked.aggregate(`maxIf(e.at, ${others})`)
  const times = asked.aggregate(`groupArrayIf(e.at, ${counted})`)
  return `if(${isThere}, arrayCount(t -> t > ${last}, ${times}), 0)`
}
