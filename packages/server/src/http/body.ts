import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { gunzip, inflate, type ZlibOptions } from 'node:zlib'
import { Problem } from '../problem.ts'

type Done = (error: Error | null, body?: Buffer) => void

const INFLATERS = new Map<string, (raw: Buffer, options: ZlibOptions, done: Done) => void>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
])

/** Nesting beyond this is refused: nothing real is deeper, and every later step may recurse. */
export const MAX_DEPTH = 64

/** So much beyond its limit is read and thrown away: a client that is cut off while it sends does not get to read why. */
const THROWN_AWAY = 64 << 20

/**
 * Reads a body whole, inflated where it is compressed, never holding more than `limit` bytes of either form: a zip bomb
 * ends at the limit (R11). Calls back, since a promise would be one more for every request.
 */
export function readBody(stream: Readable, headers: IncomingHttpHeaders, limit: number, done: Done): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const stated = Number(headers['content-length'])
  if (stated > limit + THROWN_AWAY) done(tooLarge(limit))
  else if (stated > limit) collect(stream, 0, () => done(tooLarge(limit)))
  else if (encoding === 'identity' || encoding === '') collect(stream, limit, done)
  else {
    collect(stream, limit, (error, raw) => {
      if (raw === undefined) done(error)
      else expand(raw, encoding, limit, done)
    })
  }
}

function expand(raw: Buffer, encoding: string, limit: number, done: Done): void {
  const inflater = INFLATERS.get(encoding)
  if (inflater === undefined) done(new Problem('bad_encoding', `Content-Encoding "${encoding}" is not known here.`))
  else {
    inflater(raw, { maxOutputLength: limit }, (cause, body) => {
      if (cause === null) done(null, body)
      else if (cause instanceof RangeError) done(tooLarge(limit))
      else done(new Problem('bad_encoding', `The body says it is ${encoding}, but does not inflate.`, { cause }))
    })
  }
}

function collect(stream: Readable, limit: number, done: Done): void {
  const chunks: Buffer[] = []
  let size = 0
  let isOver = false
  const end = (error: Error | null) => {
    if (isOver) return
    isOver = true
    if (error === null) done(null, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
    else {
      chunks.length = 0
      done(error)
    }
  }
  stream
    .on('data', (chunk: Buffer) => {
      if (isOver) return
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
      else {
        chunks.length = 0
        if (size > limit + THROWN_AWAY) end(tooLarge(limit))
      }
    })
    .on('end', () => end(size > limit ? tooLarge(limit) : null))
    .on('error', end)
}

function tooLarge(limit: number): Problem {
  return new Problem('too_large', `The body is larger than ${limit} bytes.`)
}

/** Parses a body as JSON: strict UTF-8, bounded depth. An empty body is undefined. */
export function parseJson(body: Buffer): unknown {
  const { value } = readJson(body)
  const mayBeDeeper = typeof value === 'object' && value !== null && opensMoreThan(body, MAX_DEPTH)
  if (mayBeDeeper && deeperThan(value, MAX_DEPTH)) throw tooDeep()
  return value
}

/** The same with its text, and of any depth. */
export function readJson(body: Buffer): { readonly value: unknown; readonly text: string } {
  if (body.length === 0) return { value: undefined, text: '' }
  if (!isUtf8(body)) throw new Problem('not_utf8', 'The body is not valid UTF-8.')
  // Some clients begin with a byte order mark.
  const start = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0
  const text = body.toString('utf8', start)
  try {
    return { value: JSON.parse(text), text }
  } catch (error) {
    throw new Problem('not_json', `The body is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export function tooDeep(): Problem {
  return new Problem('too_deep', `The body is nested more than ${MAX_DEPTH} deep.`)
}

const BRACKET = 0x5b
const BRACE = 0x7b

/** Most bodies have fewer brackets than could make them too deep, and need not be walked through. */
function opensMoreThan(body: Buffer, most: number): boolean {
  let opened = 0
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]
    if ((byte === BRACE || byte === BRACKET) && ++opened > most) return true
  }
  return false
}

/** Recursion that the body cannot drive: it ends at the bound. */
function deeperThan(value: object, left: number): boolean {
  if (left === 0) return true
  for (const key in value) {
    const child = (value as Record<string, unknown>)[key]
    if (typeof child === 'object' && child !== null && deeperThan(child, left - 1)) return true
  }
  return false
}
