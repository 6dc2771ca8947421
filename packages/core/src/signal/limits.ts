/** Every bound of a signal (R11), with what happens at it. */
export const SIGNAL_LIMITS = {
  /** Times of one signal, however many are asked for: the last are kept. A condition counts up to 100 and keeps 8 more. */
  times: 108,
  /** Events timed ahead of the clock that wait; the earliest of more counts early. */
  ahead: 8,
  /** Day buckets of a window: longer ones are refused where they are written. */
  dayBuckets: 400,
  /** Hour buckets of a window. */
  hourBuckets: 48,
  /** Different values kept in all buckets together; the later ones by bucket, then text, are left out and it says `full`. */
  values: 200,
  /** Characters of a value as JSON; a longer one does not count. */
  valueText: 200,
  /** Events of a sequence; those before are folded, which stays exact unless an event comes later than that. */
  sequence: 100,
  /** Sessions: the last are kept. A condition counts up to 100. */
  sessions: 108,
  /** An amount beyond this is no amount. */
  amount: 1e11,
} as const

/** Whole parts of an amount. */
export const PARTS = 10_000
