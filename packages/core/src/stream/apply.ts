import { Batch } from './batch.ts'
import type { ApplyContext } from './context.ts'
import type { Applied, Entry } from './entry.ts'
import type { People } from './people.ts'
import type { Row } from './rows.ts'

export type { ApplyContext, Plan } from './context.ts'
export { SEGMENT_ENTERED, SEGMENT_LEFT } from './memberships.ts'

export interface ApplyResult {
  /** One for each entry, in order. */
  readonly applied: Applied[]
  /** What the warehouse gets to hear, in order. */
  readonly rows: Row[]
}

export type Apply = (people: People, entries: readonly Entry[], context: ApplyContext) => ApplyResult

/**
 * The stream (R1): applies entries in order to the people they concern. Deterministic: the same state, entries and context give
 * the same writes and rows (R6). Each profile is written once a batch, its version one higher; no object that came out of
 * `people` is changed. Should it throw, what was written to `people` must be dropped.
 */
export const apply: Apply = (people, entries, context) => {
  const batch = new Batch(people, context)
  const applied = entries.map(entry => batch.take(entry))
  batch.finish()
  return { applied, rows: batch.rows }
}
