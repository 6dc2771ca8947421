import type { Row } from '@espalier/core/stream'
import { LineBuffer } from '../../lineBuffer.ts'
import { Blobs } from '../blobs.ts'
import type { Queries } from '../database.ts'
import { packBody } from './body.ts'

/** Most rows of one outbox entry. */
const CHUNK_ROWS = 5000

/** About what a row takes. */
const ROW_BYTES = 1000
const LINE_FEED = 0x0a

interface Chunk {
  readonly table: string
  readonly partition: number
  readonly rows: Row[]
}

/** Adds rows to the outbox, those of one table and partition together. */
export async function addRows(queries: Queries, rows: readonly Row[], at: number): Promise<void> {
  if (rows.length === 0) return
  const chunks = chunksOf(rows)
  const bodies = new Blobs()
  const lengths: number[] = []
  const places: { at: number; length: number }[] = []
  const packed = await Promise.all(
    chunks.map(chunk => {
      const lines = linesOf(chunk.rows)
      lengths.push(lines.length)
      return packBody(lines)
    }),
  )
  for (const body of packed) places.push(bodies.add(body))
  await queries.change(
    `INSERT INTO espalier.outbox (table_name, partition, rows, bytes, at, body)
     SELECT table_name, partition, rows, bytes, $7, substring($8::bytea FROM at FOR length)
     FROM unnest($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer[])
       AS new (table_name, partition, rows, bytes, at, length)`,
    [
      chunks.map(chunk => chunk.table),
      chunks.map(chunk => chunk.partition),
      chunks.map(chunk => chunk.rows.length),
      lengths,
      places.map(place => place.at),
      places.map(place => place.length),
      at,
      bodies.all(),
    ],
    'outbox.add',
  )
}

/** Each row's line, ended by a line feed. */
function linesOf(rows: readonly Row[]): Uint8Array {
  const lines = new LineBuffer(ROW_BYTES * rows.length)
  for (const row of rows) {
    if (row.writeTo) row.writeTo(lines)
    else lines.raw(row.line)
    lines.byte(LINE_FEED)
  }
  return lines.bytes.subarray(0, lines.at)
}

function chunksOf(rows: readonly Row[]): Chunk[] {
  const chunks: Chunk[] = []
  const open = new Map<string, Chunk>()
  for (const row of rows) {
    const { table, partition } = row
    const key = `${table} ${partition}`
    let chunk = open.get(key)
    if (!chunk || chunk.rows.length >= CHUNK_ROWS) {
      chunk = { table, partition, rows: [] }
      open.set(key, chunk)
      chunks.push(chunk)
    }
    chunk.rows.push(row)
  }
  return chunks
}
