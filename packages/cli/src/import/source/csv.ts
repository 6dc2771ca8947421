import { Readable } from 'node:stream'
import { type CsvError, parse } from 'csv-parse'
import { UsageError } from '../../errors.ts'
import { MAX_RECORD, type Row } from './rows.ts'

const DELIMITERS = [',', ';', '\t', '|']
/** A first line that tells Excel the delimiter. */
const SAID = /^\uFEFF?"?sep=([^"])"?\r?$/i

/** Reads CSV with a header row; the delimiter is the one that the header has most of. */
export async function readCsv(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
): Promise<{ columns: string[]; rows: AsyncIterable<Row> }> {
  const iterator = bytes[Symbol.asyncIterator]()
  const { start, chunks } = await untilLineBreak(iterator)
  const header = start.split('\n', 1)[0] ?? ''
  const said = SAID.exec(header)
  const parser = parse({
    bom: true,
    delimiter: said?.[1] ?? delimiterOf(header),
    from: said ? 2 : 1,
    record_delimiter: lineEndsOf(start),
    columns: false,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD,
  })
  const input = Readable.from(joined(chunks, iterator), { objectMode: false })
  input.on('error', error => parser.destroy(error))
  const records = input.pipe(parser)[Symbol.asyncIterator]() as AsyncIterator<string[]>
  const first = await records.next().catch((error: unknown) => {
    throw unreadable(error, path)
  })
  const columns: string[] = first.done ? [] : first.value.map(name => name.trim())
  const repeated = columns.find((name, i) => columns.indexOf(name) !== i && name !== '')
  if (repeated !== undefined) {
    throw new UsageError(`${path}: two columns are called "${repeated}"`, 'Give each column of the header its own name')
  }
  return { columns, rows: rowsOf(columns, records, path) }
}

async function* rowsOf(
  columns: readonly string[],
  records: AsyncIterator<string[]>,
  path: string,
): AsyncGenerator<Row> {
  const width = columns.length
  for (let row = 0; ; row++) {
    const next = await records.next().catch((error: unknown) => {
      throw unreadable(error, path, row)
    })
    if (next.done) return
    const record = next.value
    if (record.length !== width) {
      const guessed = Object.fromEntries(columns.slice(0, record.length).map((column, i) => [column, record[i]!]))
      yield { row, bad: `it has ${record.length} cells, the header ${width}`, shown: record, guessed }
      continue
    }
    const cells: Record<string, string> = {}
    for (let i = 0; i < width; i++) cells[columns[i]!] = record[i]!
    yield { row, cells }
  }
}

/** What follows a quote that never closes is not rows any more: the file cannot be read on from there. */
function unreadable(error: unknown, path: string, row?: number): unknown {
  const code = (error as CsvError).code
  if (typeof code !== 'string' || !code.startsWith('CSV_')) return error
  const where = row === undefined ? 'the header' : `row ${row + 1}`
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return new UsageError(
      `${path}: ${where} is longer than ${MAX_RECORD >> 20} MB`,
      'Look for a quote that does not close',
    )
  }
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return new UsageError(
      `${path}: a quote opened at or after ${where} does not close`,
      'Close it, or double it inside a cell',
    )
  }
  return new UsageError(`${path}: ${where} is not CSV: ${(error as Error).message}`)
}

function delimiterOf(header: string): string {
  const plain = header.replace(/"[^"]*"/g, '')
  let best = ','
  for (const candidate of DELIMITERS) {
    if (plain.split(candidate).length > plain.split(best).length) best = candidate
  }
  return best
}

/**
 * Where a line feed alone ends the header, other lines may end in a carriage return before it as well, as where somebody has put the
 * header before an export: it is no part of the last cell. Else lines end as the header does.
 */
function lineEndsOf(start: string): string[] {
  const plain = start.replace(/"[^"]*"/g, '')
  return /\r\n?|\n/.exec(plain)?.[0] === '\n' ? ['\r\n', '\n'] : []
}

async function untilLineBreak(iterator: AsyncIterator<Uint8Array>): Promise<{ start: string; chunks: Uint8Array[] }> {
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const next = await iterator.next()
    if (next.done) break
    chunks.push(next.value)
    length += next.value.length
    if (next.value.includes(10) || length > MAX_RECORD) break
  }
  return { start: Buffer.concat(chunks).toString('utf8'), chunks }
}

async function* joined(chunks: Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks.splice(0)
  for (;;) {
    const next = await iterator.next()
    if (next.done) return
    yield next.value
  }
}
