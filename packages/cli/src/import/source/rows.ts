import type { Json } from '@espalier/core'
import { UsageError } from '../../errors.ts'
import { readCsv } from './csv.ts'
import { withZeros } from './encoding.ts'
import { mended, REJECT_COLUMNS } from './mended.ts'
import { readNdjson } from './ndjson.ts'
import { type OpenFile, openFile } from './open.ts'

/** A row's cells by column. Those of CSV are text; those of NDJSON any JSON. */
export type Cells = Readonly<Record<string, Json>>

export type Row =
  | { readonly row: number; readonly from?: Origin; readonly cells: Cells }
  /** A row that cannot be read, and why; `shown` is what can be shown of it, cell by cell, and `guessed` what they are by their places. */
  | {
      readonly row: number
      readonly from?: Origin
      readonly bad: string
      readonly shown: readonly string[]
      readonly guessed?: Cells
    }

/** Of a row that was refused and mended: which one it was of the file it came from. */
export interface Origin {
  readonly row: number
  /** Of the items it makes those that were refused; undefined: all of them. */
  readonly outputs?: readonly number[]
}

/** The number of a row in the file it came from first. */
export const numberOf = ({ row, from }: Row): number => from?.row ?? row

export type Format = 'csv' | 'ndjson'

export interface Table {
  readonly format: Format
  /** Columns in order; those of the first record for NDJSON. Empty for an empty file. */
  readonly columns: readonly string[]
  /** The first readable rows, to recognise the file by. They come again in `rows`. */
  readonly sample: readonly Cells[]
  readonly rows: AsyncIterable<Row>
  readonly file: OpenFile
}

/** Longest record that is read at all: an item may have 1 MB, its row somewhat more. */
export const MAX_RECORD = 8 << 20
const SAMPLE = 20

/** Opens a file as rows. The format is told by its first character: `{` begins NDJSON, `[` JSON and `<` XML (both refused). */
export async function openTable(path: string, encoding?: string): Promise<Table> {
  const file = await openFile(path, encoding)
  const { first, bytes } = await peek(file.bytes)
  const start = first.replace(/^\uFEFF/, '').trimStart()
  if (start.startsWith('[')) {
    throw new UsageError(`${path} holds one JSON array`, 'Write one object a line: `jq -c ".[]" FILE > FILE.ndjson`')
  }
  if (start.startsWith('<')) {
    throw new UsageError(
      `${path} is XML or HTML`,
      'Export it as CSV, as tab-separated text or as one JSON object a line',
    )
  }
  if (start.includes('\0')) throw withZeros(path)
  const format: Format = start.startsWith('{') ? 'ndjson' : 'csv'
  const read = format === 'csv' ? await readCsv(bytes, path) : { columns: [], rows: readNdjson(bytes) }
  const isMended = REJECT_COLUMNS.every((name, i) => read.columns[i] === name)
  const source = isMended ? mended(read) : { ...read, format }
  const held: Row[] = []
  const sample: Cells[] = []
  const iterator = source.rows[Symbol.asyncIterator]()
  while (sample.length < SAMPLE && held.length < 10 * SAMPLE) {
    const next = await iterator.next()
    if (next.done) break
    held.push(next.value)
    if ('cells' in next.value) sample.push(next.value.cells)
  }
  const isCsv = source.format === 'csv'
  const columns = isCsv ? source.columns : [...new Set(sample.flatMap(cells => Object.keys(cells)))]
  return { format: source.format, columns, sample, rows: chain(held, iterator), file }
}

async function* chain(held: Row[], rest: AsyncIterator<Row>): AsyncGenerator<Row> {
  yield* held.splice(0)
  for (;;) {
    const next = await rest.next()
    if (next.done) return
    yield next.value
  }
}

async function peek(bytes: AsyncIterable<Uint8Array>): Promise<{ first: string; bytes: AsyncIterable<Uint8Array> }> {
  const iterator = bytes[Symbol.asyncIterator]()
  const next = await iterator.next()
  const chunk = next.done ? new Uint8Array() : next.value
  async function* again(): AsyncGenerator<Uint8Array> {
    yield chunk
    for (;;) {
      const more = await iterator.next()
      if (more.done) return
      yield more.value
    }
  }
  return { first: Buffer.from(chunk.subarray(0, 256)).toString('utf8'), bytes: again() }
}
