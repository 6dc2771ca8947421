import type { SequenceCondition } from '@espalier/core/segment'
import { durationMs } from '@espalier/core/time'
import type { Asked } from '../asked.ts'
import { happened } from '../happened.ts'

const NONE = -1

/**
 * Steps at instants one later than the other, by one pass over a person's events: of the completions of a step only the latest
 * matters to the next. What is made of it goes from event to event as a tuple: the latest completion of each step, then since when
 * the whole waits for what must not happen, and whether it stood that long once.
 */
export function sequence({ sequence: parts, within }: SequenceCondition, asked: Asked): string {
  const steps = parts.filter(part => 'did' in part)
  const last = parts.at(-1)!
  const absence = 'not' in last ? last : undefined
  const n = steps.length
  // At one instant what must not happen comes first, then the later steps: so a step follows what was complete before.
  const ranks = steps.map((_, i) => n - i)
  const marks = steps.map((step, i) => mark(happened(asked, { name: step.did, where: step.where }), ranks[i]!))
  if (absence !== undefined) marks.push(mark(happened(asked, { name: absence.not, where: absence.where }), 0))
  const events = asked.aggregate(
    `groupArrayArray(${asked.row(`arrayFilter(one -> one.2 >= 0, [${marks.join(', ')}])`)})`,
  )
  const wait = absence === undefined ? undefined : durationMs(absence.within)
  const [pending, stood] = [`acc.${n + 1}`, `acc.${n + 2}`]
  const latest = steps.map((step, i) => {
    const from = `acc.${i}`
    const isInTime = step.within === undefined ? '1' : `x.1 - ${from} <= ${durationMs(step.within)}`
    const follows = i === 0 ? '1' : `${from} != ${NONE} AND ${isInTime}`
    return `if(x.2 = ${ranks[i]} AND ${follows}, x.1, acc.${i + 1})`
  })
  const completes = `(x.2 = ${ranks[n - 1]} AND ${latest[n - 1]} = x.1)`
  const isAbsent = 'x.2 = 0'
  const next = [
    ...latest,
    `multiIf(${isAbsent}, toInt64(${NONE}), ${completes} AND ${pending} = ${NONE}, x.1, ${pending})`,
    wait === undefined
      ? stood
      : `if(${isAbsent} AND ${pending} != ${NONE} AND ${pending} + ${wait} < x.1, toInt64(1), ${stood})`,
  ]
  const begin = [...steps.map(() => `toInt64(${NONE})`), `toInt64(${NONE})`, 'toInt64(0)']
  const end = `arrayFold((acc, x) -> (${next.join(', ')}), arraySort(${events}), (${begin.join(', ')}))`
  if (wait === undefined) {
    const since = within === undefined ? NONE : asked.at - durationMs(within)
    return `(${end}.${n} > ${asked.whole(since)})`
  }
  const stands = `(end.${n + 2} = 1 OR (end.${n + 1} != ${NONE} AND end.${n + 1} + ${wait} <= ${asked.whole(asked.at)}))`
  return `arrayMap(end -> ${stands}, [${end}])[1]`
}

/** When it happened and as what; -1 where it did not. */
function mark(happened: string, rank: number): string {
  return `(e.at, if(${happened}, toInt64(${rank}), toInt64(-1)))`
}
