import type { Apply } from '@espalier/core/stream'
import { HORIZON, type Horizon } from '../horizon.ts'
import type { JournalFiles } from './files.ts'

export interface LmdbStoreOptions {
  /** The data folder; made when it is not there. */
  readonly path: string
  /** The reducer of the stream: also repeats the commits after the last checkpoint when the folder is opened. */
  readonly apply: Apply
  /** Makes ids of new profiles (UUIDv7: people who come together are stored together). */
  readonly newId: () => string
  /** Epoch milliseconds. Default `Date.now`. */
  readonly now?: () => number
  /**
   * Memory for people that are not being changed, by estimate. Default 32 MiB, some thousands of people: who comes back within
   * minutes. Reading and decoding one costs some 10 µs, from memory the system shares with all; holding many costs more,
   * since the collector of garbage visits everything that lives, while nobody is answered.
   */
  readonly cacheBytes?: number
  /** A checkpoint is begun when about so many bytes of changes are in memory; at twice as many, commits wait for it. Default 128 MiB. */
  readonly dirtyBytes?: number
  /** How much journal may wait for the warehouse before commits are refused with `full`. Default 8 GiB. */
  readonly maxOutboxBytes?: number
  /** At most this long between checkpoints while there are changes: what a start after a crash has to repeat. Default 10 s. */
  readonly checkpointMs?: number
  /** Size at which a journal file is followed by the next. Default 64 MiB. */
  readonly segmentBytes?: number
  /** How long, and how many of a workspace, messageIds are remembered (R3). Default 7 days, 100 million. */
  readonly horizon?: Horizon
  /** The journal's files. Default those of the system. */
  readonly files?: JournalFiles
}

export const DEFAULTS = {
  cacheBytes: 32 << 20,
  dirtyBytes: 128 << 20,
  maxOutboxBytes: 8 * 2 ** 30,
  checkpointMs: 10_000,
  segmentBytes: 64 << 20,
  horizon: HORIZON,
} as const
