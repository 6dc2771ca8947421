import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Item } from '../item.ts'
import { ShopClient } from './client.ts'
import { Courier } from './courier.ts'

let server: Server | undefined

/** A server that answers in turn what it is given, and keeps what it was asked. */
async function answering(...answers: { status: number; body: object; retryAfter?: string }[]) {
  const asked: { path: string; key: string; body: Record<string, unknown> }[] = []
  const read = async (request: IncomingMessage) => {
    let text = ''
    for await (const chunk of request) text += chunk
    return JSON.parse(text)
  }
  server = createServer(async (request, response) => {
    asked.push({ path: request.url!, key: request.headers.authorization!, body: await read(request) })
    const { status, body, retryAfter } = answers.shift()!
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { asked, client: new ShopClient({ url, writeKey: 'wk', identitySecret: 'secret' }) }
}

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

const item = (messageId: string, userId?: string): Item => ({
  type: 'track',
  event: 'Product Viewed',
  messageId,
  anonymousId: 'a1',
  ...(userId === undefined ? {} : { userId }),
  context: {},
  timestamp: '2026-11-01T00:00:00.000Z',
})
const proof = createHmac('sha256', 'secret').update('u1').digest('hex')

describe('a shop as a client', () => {
  it('R13 proves every userId it names, and holds only the write key', async () => {
    const { asked, client } = await answering({ status: 200, body: { answers: { hero: { reason: 'control' } } } })
    const answers = await client.decide(
      { anonymousId: 'a1', userId: 'u1', context: {} },
      ['hero'],
      [item('1', 'u1'), item('2')],
    )
    expect(answers.hero?.reason).toBe('control')
    expect(asked[0]).toMatchObject({ path: '/v1/decide', key: 'Bearer wk' })
    expect(asked[0]?.body).toMatchObject({ userHash: proof, touchpoints: ['hero'], events: [{ userHash: proof }, {}] })
    expect((asked[0]!.body.events as object[])[1]).not.toHaveProperty('userHash')
  })

  it('counts the events of crawlers apart, and takes any other refusal for an error', async () => {
    const bot = { index: 0, code: 'bot', message: '' }
    const { client } = await answering(
      { status: 200, body: { success: true, errors: [bot] } },
      { status: 200, body: { success: true, errors: [bot, { index: 1, code: 'no_user_anon_id', message: 'who?' }] } },
    )
    expect(await client.batch([item('1'), item('2')])).toEqual({ kept: 1, bots: 1 })
    await expect(client.batch([item('1'), item('2')])).rejects.toThrow('who?')
  })

  it('R2 sends again what the engine had no time for', async () => {
    const { asked, client } = await answering(
      { status: 429, body: {}, retryAfter: '0' },
      { status: 200, body: { success: true } },
    )
    expect(await client.batch([item('1')])).toEqual({ kept: 1, bots: 0 })
    expect(asked.map(one => one.body)).toEqual([asked[0]?.body, asked[0]?.body])
  })

  it('says which address refused, and why', async () => {
    const { client } = await answering({ status: 401, body: { error: { message: 'unknown key' } } })
    await expect(client.batch([item('1')])).rejects.toThrow(
      '/v1/batch?strict=false answered 401: {"error":{"message":"unknown key"}}',
    )
  })
})

it('a courier delivers in batches and loses nothing', async () => {
  const delivered: number[] = []
  const courier = new Courier(async items => void delivered.push(items.length), 10)
  for (let i = 0; i < 7; i++) await courier.send([item('a'), item('b'), item('c')])
  await courier.flush()
  await courier.flush()
  expect(delivered).toEqual([12, 9])
})
