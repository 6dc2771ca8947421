import type { Table } from '@espalier/core/stream'
import type { Position } from '../journal/position.ts'

/** A batch as it is kept: which rows of the journal it is. The journal never changes, so neither does the batch. */
export interface BatchRecord {
  readonly token: string
  readonly table: Table
  readonly partition: number
  readonly rows: number
  readonly bytes: number
  /** The frame with its first row. */
  readonly from: Position
  /** After the frame with its last row. */
  readonly to: Position
  /** Rows of its table and partition in the first frame that belong to the batch before. */
  readonly skip: number
  /** Earliest time of its frames, epoch milliseconds. */
  readonly time: number
}

/** Where the first `rows` lines of `body` end. */
export function endOfLines(body: Uint8Array, rows: number): number {
  let at = 0
  for (let n = 0; n < rows; n++) at = body.indexOf(0x0a, at) + 1
  return at
}
