import { bucketsOf } from '@espalier/core/segment'
import { type Bucketing, bucketing } from '@espalier/core/signal'
import type { Asked } from '../asked.ts'

/** The buckets of a window (R11) as they are at the moment. */
export interface Window {
  /** When the oldest bucket begins, epoch milliseconds; undefined: all time. */
  readonly from: number | undefined
  /** The bucket of a time, an expression of epoch milliseconds: a number that grows with it. */
  readonly bucketOf: (at: string) => string
}

/** Hours up to two days, else days of the workspace's zone: the current one and those before it. */
export function windowOf(within: string | undefined, asked: Asked): Window {
  const buckets = bucketsOf(within, asked.language.zone)
  if (buckets.unit === 'ever') return { from: undefined, bucketOf: () => '0' }
  const { of, start }: Bucketing = bucketing(buckets)
  return {
    from: start(of(asked.at) - buckets.keep + 1),
    bucketOf: at =>
      buckets.unit === 'hour'
        ? `intDiv(${at}, 3600000)`
        : `toInt64(toDate32(fromUnixTimestamp64Milli(${at}, 'UTC'), ${asked.text(buckets.zone)}))`,
  }
}
