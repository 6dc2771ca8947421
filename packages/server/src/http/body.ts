import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip, inflate, type ZlibOptions } from 'node:zlib'
import { Problem } from '../problem.ts'

const inflaters = new Map([
  ['gzip', promisify<Buffer, ZlibOptions, Buffer>(gunzip)],
  ['x-gzip', promisify<Buffer, ZlibOptions, Buffer>(gunzip)],
  ['deflate', promisify<Buffer, ZlibOptions, Buffer>(inflate)],
])

/** Nesting beyond this is refused: nothing real is deeper, and every later step may recurse. */
export const MAX_DEPTH = 64

/**
 * Reads a body whole, inflated where it is compressed, never holding more than `limit` bytes of either form: a zip bomb
 * ends at the limit (R11).
 */
export async function readBody(stream: Readable, headers: IncomingHttpHeaders, limit: number): Promise<Buffer> {
  const declared = Number(headers['content-length'])
  if (declared > limit) throw tooLarge(limit)
  const raw = await collect(stream, limit)
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return raw
  const inflater = inflaters.get(encoding)
  if (inflater === undefined) throw new Problem('bad_encoding', `Content-Encoding "${encoding}" is not known here.`)
  try {
    return await inflater(raw, { maxOutputLength: limit })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(limit)
    throw new Problem('bad_encoding', `The body says it is ${encoding}, but does not inflate.`, { cause: error })
  }
}

function collect(stream: Readable, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const done = (error: Error | undefined) => {
      stream.removeListener('data', onData).removeListener('end', onEnd).removeListener('error', onError)
      if (error === undefined) return resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
      // What is still on its way is read and thrown away, so that the client gets to read our answer.
      stream.resume()
      reject(error)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) return done(tooLarge(limit))
      chunks.push(chunk)
    }
    const onEnd = () => done(undefined)
    const onError = (error: Error) => done(error)
    stream.on('data', onData).on('end', onEnd).on('error', onError)
  })
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
