/** Rows of one import file that were taken in (R3), as bits, in chunks so that a change costs little. */
export const CHUNK_ROWS = 8192

export function chunkKey(file: string, row: number): string {
  return `${file}:${Math.floor(row / CHUNK_ROWS)}`
}

export function hasRow(chunk: Uint8Array | undefined, row: number): boolean {
  const bit = row % CHUNK_ROWS
  return chunk !== undefined && (chunk[bit >>> 3]! & (1 << (bit & 7))) !== 0
}

/** A chunk with these rows, too; the one given stays as it is. */
export function withRows(chunk: Uint8Array | undefined, rows: Iterable<number>): Uint8Array {
  const next = new Uint8Array(CHUNK_ROWS / 8)
  if (chunk) next.set(chunk)
  for (const row of rows) {
    const bit = row % CHUNK_ROWS
    next[bit >>> 3]! |= 1 << (bit & 7)
  }
  return next
}
