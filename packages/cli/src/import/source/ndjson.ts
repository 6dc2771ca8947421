import type { Cells, Row } from './rows.ts'
import { MAX_RECORD } from './rows.ts'

/** Reads one JSON object a line. Empty lines are not rows. */
export async function* readNdjson(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  let row = 0
  for await (const line of linesOf(bytes)) {
    if (line === undefined) {
      yield { row: row++, bad: `it is longer than ${MAX_RECORD >> 20} MB`, shown: [] }
      continue
    }
    const text = line.trim()
    if (text === '') continue
    yield rowOf(text, row++)
  }
}

/** A row of one JSON object, written as text. */
export function rowOf(text: string, row: number): Row {
  try {
    const value: unknown = JSON.parse(exact(text))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { row, cells: value as Cells }
    return { row, bad: 'it is not a JSON object', shown: [text] }
  } catch (error) {
    return { row, bad: `it is not JSON: ${(error as Error).message}`, shown: [text] }
  }
}

/** Something that looks like a whole number of so many digits that not all of them may be told apart. */
const LONG = /[:,[]\s*-?\d{16,}\s*[,}\]]/
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** With whole numbers that would be rounded as texts: they are identifiers, and two people would become one. */
function exact(json: string): string {
  if (!LONG.test(json)) return json
  return json.replace(TEXT_OR_NUMBER, token =>
    /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  )
}

/** Lines without their line break; undefined for one over the bound, whose bytes are dropped as they come (R11). */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string | undefined> {
  let held: Uint8Array[] = []
  let length = 0
  let first = true
  const take = (): string | undefined => {
    const line = length > MAX_RECORD ? undefined : Buffer.concat(held).toString('utf8')
    held = []
    length = 0
    const text = first ? line?.replace(/^\uFEFF/, '') : line
    first = false
    return text
  }
  const hold = (part: Uint8Array) => {
    length += part.length
    if (length > MAX_RECORD) held = []
    else held.push(part)
  }
  for await (const chunk of bytes) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      hold(chunk.subarray(start, end))
      yield take()
      start = end + 1
    }
    if (start < chunk.length) hold(chunk.subarray(start))
  }
  if (length > 0) yield take()
}
