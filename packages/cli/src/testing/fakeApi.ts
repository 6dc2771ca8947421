import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly key: string | undefined
}

export type FakeAnswer = { status?: number; headers?: Record<string, string>; body?: unknown }

/** A server that answers as the test says, for what the real one does only when it is unwell. */
export async function fakeApi(
  answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
): Promise<{ url: string; requests: FakeRequest[] }> {
  const requests: FakeRequest[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
      key: request.headers.authorization?.replace('Bearer ', ''),
    }
    // An import asks for the settings first, to see that address and key are right: not what these tests are about.
    const greeting = seen.method === 'GET' && seen.path === '/v1/settings'
    if (!greeting) requests.push(seen)
    const { status = 200, headers = {}, body } = greeting ? { body: { timezone: 'UTC' } } : await answer(seen)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}))
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

export interface ImportedItem {
  row: number
  type: string
  timestamp: string
  userId?: string
  anonymousId?: string
  event?: string
  [field: string]: unknown
}

/**
 * `POST /v1/import` as the real server has it: each row of a file once, for ever, and each messageId once. `items` are those taken in,
 * in order.
 */
export function importTaker(refuse: (item: ImportedItem) => string | undefined = () => undefined): {
  items: ImportedItem[]
  take(body: unknown): { stored: number; duplicates: number; errors: { row: number; code: string; message: string }[] }
} {
  const known = new Set<string>()
  const items: ImportedItem[] = []
  return {
    items,
    take(body) {
      const { file, items: sent } = body as { file: string; items: ImportedItem[] }
      const result = { stored: 0, duplicates: 0, errors: [] as { row: number; code: string; message: string }[] }
      for (const item of sent) {
        const message = refuse(item)
        const names = [`${file} ${item.row}`, ...(typeof item.messageId === 'string' ? [item.messageId] : [])]
        if (message !== undefined) result.errors.push({ row: item.row, code: 'invalid', message })
        else if (names.some(name => known.has(name))) result.duplicates++
        else {
          for (const name of names) known.add(name)
          items.push(item)
          result.stored++
        }
      }
      return result
    },
  }
}
