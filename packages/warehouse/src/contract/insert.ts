import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { batchesOf, bodyOf, countEvents, event, fresh, link, NOON, ship } from './harness.ts'

export function insertContract(warehouse: () => Warehouse): void {
  it('R3 a repeated token changes nothing', async () => {
    const workspace = fresh('insert')
    const [batch] = batchesOf('events', [event({ workspace }), event({ workspace })])
    await warehouse().insert(batch!)
    await warehouse().insert(batch!)
    await warehouse().insert(batch!)
    expect(await countEvents(warehouse(), workspace)).toBe(2)
  })

  it('R3 the same rows under another token are other rows', async () => {
    const workspace = fresh('insert')
    const [batch] = batchesOf('events', [event({ workspace })])
    await warehouse().insert(batch!)
    await warehouse().insert({ ...batch!, token: fresh('token') })
    expect(await countEvents(warehouse(), workspace)).toBe(2)
  })

  it('R3 one token names one batch of each table', async () => {
    const workspace = fresh('insert')
    const [batch] = batchesOf('events', [event({ workspace })])
    const links = batchesOf('identity_links', [link({ workspace, source: 'a', canonical: 'b', at: NOON })])
    await warehouse().insert(batch!)
    await warehouse().insert({ ...links[0]!, token: batch!.token })
    expect(await countEvents(warehouse(), workspace)).toBe(1)
  })

  it('R3 a grown retry loses the new rows: why a batch, once claimed, never changes', async () => {
    const workspace = fresh('insert')
    const [batch] = batchesOf('events', [event({ workspace })])
    await warehouse().insert(batch!)
    const grown = { ...batch!, rows: 2, body: Buffer.concat([batch!.body, bodyOf([event({ workspace })])]) }
    await warehouse().insert(grown)
    expect(await countEvents(warehouse(), workspace)).toBe(1)
  })

  it('R3 a batch across two months is refused as a whole', async () => {
    const workspace = fresh('insert')
    const months = [NOON, NOON + 40 * 86_400_000]
    const body = bodyOf(months.map(timestamp => event({ workspace, timestamp })))
    const batch = { token: fresh('token'), table: 'events' as const, partition: 202603, rows: 2, body }
    await expect(warehouse().insert(batch)).rejects.toMatchObject({ code: 'invalid' })
    expect(await countEvents(warehouse(), workspace)).toBe(0)
    // Split by month, as the outbox does it, both are there.
    await ship(
      warehouse(),
      'events',
      months.map(timestamp => event({ workspace, timestamp })),
    )
    expect(await countEvents(warehouse(), workspace)).toBe(2)
  })

  it('a large batch is one part, so it is there as a whole or not at all', async () => {
    const workspace = fresh('insert')
    const filler = 'x'.repeat(400)
    const rows = Array.from({ length: 30_000 }, (_, index) => event({ workspace, index, properties: { filler } }))
    const last = { ...event({ workspace }), nonsense: 1 }
    const broken = { token: fresh('token'), table: 'events' as const, partition: 202603, rows: 30_001 }
    await expect(warehouse().insert({ ...broken, body: bodyOf([...rows, last]) })).rejects.toMatchObject({
      code: 'invalid',
    })
    expect(await countEvents(warehouse(), workspace)).toBe(0)
    const [batch] = batchesOf('events', rows)
    await warehouse().insert(batch!)
    await warehouse().insert(batch!)
    expect(await countEvents(warehouse(), workspace)).toBe(30_000)
  }, 300_000)

  it('a field the table does not have is refused, not dropped', async () => {
    const workspace = fresh('insert')
    const body = bodyOf([{ ...event({ workspace }), colour: 'red' }])
    const batch = { token: fresh('token'), table: 'events' as const, partition: 202603, rows: 1, body }
    await expect(warehouse().insert(batch)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('colour'),
    })
  })

  it('a batch without a token is refused', async () => {
    const [batch] = batchesOf('events', [event({ workspace: fresh('insert') })])
    await expect(warehouse().insert({ ...batch!, token: '' })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('times, texts and objects come back as they were', async () => {
    const workspace = fresh('insert')
    const odd = 'tab\t newline\n quote\' " backslash\\ nul\u0000 emoji😀 {p0:String} \u2028 %s'
    const row = event({
      workspace,
      profile: odd,
      name: odd,
      timestamp: NOON + 1,
      received: NOON + 999,
      properties: { [odd]: odd, deep: { list: [1, 1.5, -0.1, true, null, { a: [] }] }, empty: {} },
      context: { big: 2 ** 60, small: 1e-9, __proto__x: 1 },
    })
    await ship(warehouse(), 'events', [row])
    const [back] = await warehouse().timeline({ workspace, sources: [odd], limit: 5 })
    expect(back).toEqual({
      timestamp: row.timestamp,
      received: row.received,
      index: row.index,
      messageId: row.message_id,
      type: 'track',
      name: odd,
      properties: row.properties,
      context: row.context,
      source: odd,
    })
  })

  it('half a surrogate pair and absurd times do not block a batch', async () => {
    const workspace = fresh('insert')
    const rows = [
      event({ workspace, name: 'half \ud800 pair', properties: { x: '\udc00' } }),
      event({ workspace, timestamp: Date.UTC(1, 0, 1) }),
      event({ workspace, timestamp: -1 }),
      event({ workspace, timestamp: Date.UTC(2299, 11, 31) }),
      event({ workspace, timestamp: 0 }),
    ]
    await ship(warehouse(), 'events', rows)
    expect(await warehouse().timeline({ workspace, sources: ['ada'], limit: 100 })).toHaveLength(5)
  })

  it('every table takes the rows the stream makes', async () => {
    const workspace = fresh('insert')
    const answers = {
      'answers.touchpoint': ['home.hero', 'cart.email'],
      'answers.experience': ['spring', ''],
      'answers.version': [1, 0],
      'answers.variant': ['bold', ''],
      'answers.reason': ['assigned', 'no-experience'],
      'answers.propensity': [0.45, 1],
      'answers.control': [false, false],
      'answers.holdout': [false, false],
      'answers.model': ['', ''],
    }
    const decision = { workspace, profile: 'ada', timestamp: NOON, request_id: 'r', bucket_key: 'b', definitions: 3 }
    await ship(warehouse(), 'decisions', [{ ...decision, context: { url: '/' }, inputs: { plan: 'pro' }, ...answers }])
    const { totals } = await warehouse().summary({ workspace })
    expect(totals).toMatchObject({ decisions: 1, exposures: 0, events: 0, first: null, last: null })
  })
}
