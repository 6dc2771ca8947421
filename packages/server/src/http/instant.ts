import Type from 'typebox'
import { Problem } from '../problem.ts'

/** An instant in a query: ISO 8601, a day, or epoch milliseconds. */
export const Time = Type.String({
  maxLength: 40,
  description: 'ISO 8601 such as 2026-11-01 or 2026-11-01T09:00:00+01:00, or epoch milliseconds.',
})

/** The same in a body, where a number may be one. */
export const BodyTime = Type.Union([Time, Type.Integer({ description: 'Epoch milliseconds.' })])

/** Epoch milliseconds. Throws `invalid`. */
export function instant(text: string | number | undefined, path: string): number | undefined {
  if (text === undefined || typeof text === 'number') return text
  const time = /^-?\d{9,15}$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(time)) throw new Problem('invalid', `${path} is "${text}", which is no time.`, { path })
  return time
}
