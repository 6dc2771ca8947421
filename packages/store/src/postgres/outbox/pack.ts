import type { Table } from '@espalier/core/stream'

/** An outbox entry that no batch has. */
export interface Chunk {
  readonly id: number
  readonly table: Table
  readonly partition: number
  readonly rows: number
  readonly bytes: number
}

export interface Packed {
  readonly table: Table
  readonly partition: number
  readonly rows: number
  readonly chunks: readonly number[]
}

/**
 * Forms batches of one table and one partition from entries in order. A batch that cannot hold the next entry is closed.
 * `tooLarge` is the first entry that no batch can hold; nothing behind it is packed. Nothing is added once all batches together have
 * `maxBytes`.
 */
export function pack(
  chunks: readonly Chunk[],
  bounds: { maxRows: number; maxBatches: number; maxBytes: number },
): { batches: Packed[]; tooLarge: number | undefined } {
  const batches: { table: Table; partition: number; rows: number; chunks: number[] }[] = []
  const open = new Map<string, (typeof batches)[number]>()
  let packed = 0
  for (const { id, table, partition, rows, bytes } of chunks) {
    if (packed >= bounds.maxBytes) break
    if (rows > bounds.maxRows) return { batches, tooLarge: id }
    const key = `${table} ${partition}`
    let batch = open.get(key)
    if (!batch || batch.rows + rows > bounds.maxRows) {
      if (batches.length >= bounds.maxBatches) continue
      batch = { table, partition, rows: 0, chunks: [] }
      batches.push(batch)
      open.set(key, batch)
    }
    batch.rows += rows
    packed += bytes
    batch.chunks.push(id)
  }
  return { batches, tooLarge: undefined }
}
