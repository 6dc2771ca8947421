import type { Row } from '@espalier/core/stream'
import { Blobs } from '../blobs.ts'
import type { Queries } from '../database.ts'
import { packBody } from './body.ts'

/** Most rows of one outbox entry. */
const CHUNK_ROWS = 5000

interface Chunk {
  readonly table: string
  readonly partition: number
  readonly lines: string[]
}

/** Adds rows to the outbox, those of one table and partition together. */
export async function addRows(queries: Queries, rows: readonly Row[], at: number): Promise<void> {
  if (rows.length === 0) return
  const chunks = chunksOf(rows)
  const bodies = new Blobs()
  const lengths: number[] = []
  const places: { at: number; length: number }[] = []
  const packed = await Promise.all(
    chunks.map(({ lines }) => {
      const body = Buffer.from(`${lines.join('\n')}\n`)
      lengths.push(body.length)
      return packBody(body)
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
      chunks.map(chunk => chunk.lines.length),
      lengths,
      places.map(place => place.at),
      places.map(place => place.length),
      at,
      bodies.all(),
    ],
    'outbox.add',
  )
}

function chunksOf(rows: readonly Row[]): Chunk[] {
  const chunks: Chunk[] = []
  const open = new Map<string, Chunk>()
  for (const { table, partition, line } of rows) {
    const key = `${table} ${partition}`
    let chunk = open.get(key)
    if (!chunk || chunk.lines.length >= CHUNK_ROWS) {
      chunk = { table, partition, lines: [] }
      open.set(key, chunk)
      chunks.push(chunk)
    }
    chunk.lines.push(line)
  }
  return chunks
}
