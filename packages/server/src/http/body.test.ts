import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Problem } from '../problem.ts'
import { MAX_DEPTH, parseJson, readBody as readBodyThen } from './body.ts'

const readBody = promisify(readBodyThen) as (...given: [Readable, IncomingHttpHeaders, number]) => Promise<Buffer>

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (error) {
    return (error as Problem).code
  }
  return 'nothing thrown'
}

const inChunks = (body: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(body.length / size) }, (_, i) => body.subarray(i * size, (i + 1) * size)),
    { objectMode: false },
  )

describe('reading a body', () => {
  it('joins chunks and inflates gzip and deflate', async () => {
    const text = JSON.stringify({ a: 'ä'.repeat(5000) })
    for (const [encoding, body] of [
      [undefined, Buffer.from(text)],
      ['gzip', gzipSync(text)],
      ['x-gzip', gzipSync(text)],
      ['deflate', deflateSync(text)],
    ] as const) {
      const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
      expect((await readBody(inChunks(body, 7), headers, 1e6)).toString()).toBe(text)
    }
  })

  it('R11 a zip bomb ends at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50 << 20))
    expect(bomb.length).toBeLessThan(60_000)
    const before = process.memoryUsage().rss
    expect(await codeOf(() => readBody(inChunks(bomb, 16_384), { 'content-encoding': 'gzip' }, 100_000))).toBe(
      'too_large',
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(40 << 20)
  })

  it('R11 neither a stated nor a real length beyond the limit is read', async () => {
    expect(await codeOf(() => readBody(Readable.from([]), { 'content-length': '11' }, 10))).toBe('too_large')
    expect(await codeOf(() => readBody(inChunks(Buffer.alloc(11), 3), {}, 10))).toBe('too_large')
    expect((await readBody(inChunks(Buffer.alloc(10), 3), {}, 10)).length).toBe(10)
  })

  it('R11 what is too large is answered when it has arrived, so that its client reads why; what does not end, at once', async () => {
    const chunk = Buffer.alloc(1 << 20)
    /** Chunks that were sent before there was an answer. */
    const sentOf = (chunks: number, headers: IncomingHttpHeaders) =>
      new Promise<number>(resolve => {
        let sent = 0
        const body = function* () {
          for (; sent < chunks; sent++) yield chunk
        }
        readBodyThen(Readable.from(body()), headers, 10, () => resolve(sent))
      })
    expect(await sentOf(30, { 'content-length': String(30 << 20) })).toBe(30)
    expect(await sentOf(30, {})).toBe(30)
    const read = await sentOf(1000, {})
    expect(read).toBeGreaterThan(60)
    expect(read).toBeLessThan(100)
    expect(await codeOf(() => readBody(new Readable({ read() {} }), { 'content-length': '99999999999' }, 10))).toBe(
      'too_large',
    )
  })

  it('what does not inflate, and encodings nobody knows, are named', async () => {
    const body = () => inChunks(Buffer.from('{}'), 1)
    expect(await codeOf(() => readBody(body(), { 'content-encoding': 'gzip' }, 100))).toBe('bad_encoding')
    expect(await codeOf(() => readBody(body(), { 'content-encoding': 'br' }, 100))).toBe('bad_encoding')
    expect(await codeOf(() => readBody(body(), { 'content-encoding': 'constructor' }, 100))).toBe('bad_encoding')
  })
})

describe('parsing a body', () => {
  it('takes JSON, with or without a byte order mark; nothing is undefined', () => {
    expect(parseJson(Buffer.from('{"a":1}'))).toEqual({ a: 1 })
    expect(parseJson(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 })
    expect(parseJson(Buffer.alloc(0))).toBeUndefined()
  })

  it.each([
    ['not_json', Buffer.from('{"a":')],
    ['not_json', Buffer.from('a=1&b=2')],
    ['not_utf8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['not_utf8', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['too_deep', Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))],
    ['too_deep', Buffer.from(`${'{"a":'.repeat(MAX_DEPTH + 1)}1${'}'.repeat(MAX_DEPTH + 1)}`)],
  ])('%s', async (code, body) => {
    expect(await codeOf(() => parseJson(body))).toBe(code)
  })

  it('takes the deepest that is allowed', () => {
    expect(() => parseJson(Buffer.from('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH)))).not.toThrow()
  })

  it('a __proto__ in a body is an ordinary field of that body', () => {
    const body = parseJson(Buffer.from('{"__proto__": {"polluted": true}}')) as object
    expect(Object.hasOwn(body, '__proto__')).toBe(true)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})
