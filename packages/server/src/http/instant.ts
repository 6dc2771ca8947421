import { timeOf } from '@espalier/core/event'
import Type from 'typebox'
import { Problem } from '../problem.ts'

/** An instant in a query: ISO 8601, a day, or epoch milliseconds. */
export const Time = Type.String({
  maxLength: 40,
  description:
    'ISO 8601 such as 2026-11-01 or 2026-11-01T09:00:00+01:00, without a zone in UTC; or epoch milliseconds.',
})

/** The same in a body, where a number may be one. */
export const BodyTime = Type.Union([Time, Type.Integer({ description: 'Epoch milliseconds.' })])

/** From (inclusive) and to (exclusive) of a query or a body. Throws `invalid`, also for a time in which nothing can lie. */
export function span(
  given: { readonly from?: string | number | undefined; readonly to?: string | number | undefined },
  where: 'query' | 'body',
): { readonly from: number | undefined; readonly to: number | undefined } {
  const from = instant(given.from, `${where}.from`)
  const to = instant(given.to, `${where}.to`)
  if (from !== undefined && to !== undefined && from >= to) {
    const mend = 'Let it begin before it ends.'
    throw new Problem('invalid', `${where}.from is not before ${where}.to.`, { path: `${where}.from`, mend })
  }
  return { from, to }
}

/** Epoch milliseconds, read as in events, so that it is the same wherever the server runs. Throws `invalid`. */
export function instant(text: string | number | undefined, path: string): number | undefined {
  if (text === undefined || typeof text === 'number') return text
  const time = /^-?\d{9,15}$/.test(text) ? Number(text) : timeOf(text)
  if (Number.isNaN(time)) {
    const mend = 'Write it such as 2026-11-01, 2026-11-01T09:00:00+01:00 or in epoch milliseconds.'
    throw new Problem('invalid', `${path} is "${text}", which is no time.`, { path, mend })
  }
  return time
}
