import { isAscii, isUtf8 } from 'node:buffer'
import { UsageError } from '../../errors.ts'
import { REJECT_COLUMNS } from './mended.ts'

/** What a file is read as where nothing else is said. */
export const UTF8 = 'utf-8'
/** Bytes of a character that may be missing at the end of a chunk. */
const LONGEST = 3
/** Bytes shown around what is not UTF-8. */
const SHOWN = 20

/**
 * The text of a file as UTF-8. `encoding` is any name a browser knows (`windows-1252`, `shift_jis`); without one it is what the byte
 * order mark says, else UTF-8. Text in another encoding is refused rather than read as if: characters that cannot be told apart
 * any more would make one person of two.
 */
export async function* utf8Of(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
  encoding?: string,
): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]()
  const first = await atLeast(4, iterator)
  refuseOthers(first, path)
  const marked = encoding === undefined ? markedAs(first) : encodingOf(encoding)
  const all = chained(first, iterator)
  if (marked === undefined || marked === UTF8) yield* checked(all, path)
  else {
    refuseOwn(first, path, marked)
    yield* decoded(all, path, marked)
  }
}

/** Throws `UsageError` for an encoding that nobody knows. */
export function encodingOf(name: string): string {
  try {
    return new TextDecoder(name).encoding
  } catch {
    throw new UsageError(
      `"${name}" is not an encoding`,
      'Write for example windows-1252, iso-8859-2, shift_jis or utf-16le',
    )
  }
}

function markedAs(first: Uint8Array): string | undefined {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le'
  return first[0] === 0xfe && first[1] === 0xff ? 'utf-16be' : undefined
}

/** What people take for a table and is none. */
function refuseOthers(first: Uint8Array, path: string): void {
  const magic = Buffer.from(first.subarray(0, 4)).toString('latin1')
  if (magic === 'PK\u0003\u0004') {
    throw new UsageError(`${path} is a workbook or a zip archive`, 'Save the sheet as CSV, or unpack the archive')
  }
  if (magic === 'PAR1') throw new UsageError(`${path} is Parquet`, 'Write it as CSV or as one JSON object a line')
}

/** What an import writes of refused rows is UTF-8, whatever those came in: the command that read them must not read it so. */
function refuseOwn(first: Uint8Array, path: string, encoding: string): void {
  const text = first.subarray(0, first.length - unfinished(first))
  const start = REJECT_COLUMNS.join()
  const isOwn = Buffer.from(text.subarray(0, start.length)).toString('latin1') === start
  if (!isOwn || isAscii(text) || !isUtf8(text)) return
  throw new UsageError(`${path} is UTF-8, not ${encoding}, as all files of rejected rows`, 'Leave --encoding away')
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, path: string, encoding: string): AsyncGenerator<Uint8Array> {
  // Versions of Node differ in bytes 128 to 159, of which ISO 8859-1 makes control characters.
  if (encoding === 'windows-1252') {
    for await (const chunk of bytes) yield Buffer.from(westernText(chunk), 'utf8')
    return
  }
  const decoder = new TextDecoder(encoding, { fatal: true })
  try {
    for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk, { stream: true }), 'utf8')
    yield Buffer.from(decoder.decode(), 'utf8')
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(`${path} is not ${encoding} throughout`, 'Name the encoding it was saved in with --encoding')
  }
}

/** Windows-1252 at bytes 128 to 159; those it does not have stand for themselves. */
const WESTERN = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

function westernText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  return text.replace(/[\u0080-\u009f]/g, character => WESTERN[character.charCodeAt(0) - 0x80]!)
}

async function* checked(bytes: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  let left: Uint8Array = new Uint8Array()
  let read = 0
  for await (const chunk of bytes) {
    const held = left.length === 0 ? chunk : Buffer.concat([left, chunk])
    const end = held.length - unfinished(held)
    const whole = held.subarray(0, end)
    if (!isUtf8(whole)) throw whole.includes(0) ? withZeros(path) : notUtf8(whole, read, path)
    left = held.subarray(end)
    read += end
    yield whole
  }
  if (left.length > 0) throw notUtf8(left, read, path)
}

/** Bytes at the end that begin a character whose others are still to come. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(LONGEST, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80 || byte > 0xf4) return 0
    if (byte < 0xc0) continue
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return needs > back ? back : 0
  }
  return 0
}

/** No text that is saved as UTF-8 has them, and every Latin letter in UTF-16 has one. */
export function withZeros(path: string): UsageError {
  return new UsageError(
    `${path} is not text in UTF-8: it holds bytes of zero`,
    'Where it is UTF-16 without a mark that says so: --encoding utf-16le',
  )
}

function notUtf8(bytes: Uint8Array, before: number, path: string): UsageError {
  let from = 0
  let to = bytes.length
  // The first byte that does not fit, by halves: what stands before it is well-formed or breaks off.
  while (to - from > 1) {
    const middle = (from + to) >> 1
    const part = bytes.subarray(0, middle)
    if (isUtf8(part.subarray(0, middle - unfinished(part)))) from = middle
    else to = middle
  }
  const near = Buffer.from(bytes.subarray(Math.max(0, to - SHOWN), to + SHOWN)).toString('latin1')
  const shown = near.replace(/[^\x20-\x7e\xa0-\xff]+/g, ' ').trim()
  return new UsageError(
    `${path} is not UTF-8 (byte ${before + to}: …${shown}…)`,
    'Say what it was saved in: --encoding windows-1252 is what Excel writes in western Europe and America',
  )
}

async function atLeast(size: number, iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let held: Uint8Array = new Uint8Array()
  while (held.length < size) {
    const next = await iterator.next()
    if (next.done) break
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value])
  }
  return held
}

async function* chained(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (;;) {
    const next = await rest.next()
    if (next.done) return
    yield next.value
  }
}
