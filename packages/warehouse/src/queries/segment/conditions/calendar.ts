import type { CalendarCondition } from '@espalier/core/segment'
import type { Asked } from '../asked.ts'

/** The same for everybody: whether an entry of the calendar, or one of its kind, goes on at the moment. */
export function calendar({ calendar: asks }: CalendarCondition, { at, language }: Asked): string {
  const isOn = language.calendar.some(
    ({ key, kind, from, to }) =>
      (typeof asks === 'string' ? key === asks : kind === asks.kind) && from <= at && at < to,
  )
  return isOn ? '1' : '0'
}
