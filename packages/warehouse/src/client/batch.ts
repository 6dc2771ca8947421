import { WarehouseError } from '../errors.ts'
import type { InsertBatch } from '../warehouse.ts'

/** Bounds of a batch: within them it is one block, so it is taken in as a whole or not at all. */
const MAX_BATCH = { rows: 1_000_000, bytes: 256 * 1024 * 1024 }

/** Throws `invalid` for a batch that could be taken in by halves, or twice. */
export function checkBatch(batch: InsertBatch): void {
  if (batch.rows > MAX_BATCH.rows || batch.body.length > MAX_BATCH.bytes) {
    throw new WarehouseError(
      'invalid',
      `A batch of ${batch.rows} rows and ${batch.body.length} bytes is beyond ${MAX_BATCH.rows} rows or ${MAX_BATCH.bytes} bytes.`,
    )
  }
  if (batch.token === '') throw new WarehouseError('invalid', 'A batch needs a token, or it could be taken in twice.')
}
