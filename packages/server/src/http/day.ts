import { Problem } from '../problem.ts'

/** Throws for days that no calendar has, such as `2026-02-30`; the schema has seen to their form. */
export function checkDay(day: string, path: string): void {
  const at = new Date(`${day}T00:00:00Z`)
  if (!Number.isNaN(at.getTime()) && at.toISOString().startsWith(day)) return
  throw new Problem('invalid', `"${day}" is no day.`, { path })
}
