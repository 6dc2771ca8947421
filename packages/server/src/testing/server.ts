import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Parts, type Server, startServer } from '../index.ts'
import type { ServerOptions } from '../options/index.ts'

export const WRITE_KEY = 'write-key-of-tests'
export const SECRET_KEY = 'secret-key-of-tests'
export const ADMIN_KEY = 'admin-key-of-tests'
/** How often to ask for a report of a warehouse that is behind. */
const PATIENCE = 12

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Of every shape, so as loose as JSON itself. */
  readonly json: ReturnType<typeof JSON.parse>
}

/** A running server with calls in short. */
export interface TestServer extends Server {
  post(path: string, body: unknown, options?: CallOptions): Promise<Answered>
  get(path: string, options?: CallOptions): Promise<Answered>
  call(method: string, path: string, options?: CallOptions & { body?: unknown }): Promise<Answered>
  /** Closes and removes the folder. */
  stop(): Promise<void>
}

export interface CallOptions {
  /** The write key for tracking and decide unless given, otherwise the secret key; '' sends none. */
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

export async function testServer(options: Partial<ServerOptions> = {}, parts: Parts = {}): Promise<TestServer> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'espalier-server-')))
  const server = await startServer(
    {
      data,
      port: 0,
      logLevel: 'silent',
      writeKey: WRITE_KEY,
      secretKey: SECRET_KEY,
      adminKey: ADMIN_KEY,
      shipEvery: 20,
      ...options,
    },
    parts,
  )
  const call: TestServer['call'] = async (method, path, { body, key, headers } = {}) => {
    const isPublic = /^\/v1\/(identify|track|page|screen|group|alias|batch|decide)/.test(path)
    const used = key ?? (isPublic ? WRITE_KEY : SECRET_KEY)
    const raw = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(server.url + path, {
      method,
      headers: {
        ...(used === '' ? {} : { authorization: `Bearer ${used}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }
  return {
    ...server,
    call,
    post: (path, body, given) => call('POST', path, { ...given, body }),
    get: async (path, given) => {
      for (let asked = 1; ; asked++) {
        const answer = await call('GET', path, given)
        // A report waits some seconds for the warehouse; a machine that is short of cores takes longer.
        const isBehind = answer.json?.complete === false || answer.json?.timelineComplete === false
        if (!isBehind || asked === PATIENCE) return answer
      }
    },
    stop: async () => {
      await server.close()
      await rm(data, { recursive: true, force: true })
    },
  }
}
