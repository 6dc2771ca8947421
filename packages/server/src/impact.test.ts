import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from './testing/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
  const published = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'plain' } },
      { kind: 'metric', key: 'bought', body: { type: 'conversion', event: 'Order Completed' } },
      {
        kind: 'metric',
        key: 'spent',
        body: { type: 'sum', event: 'Order Completed', property: 'total', currency: 'EUR' },
      },
      {
        kind: 'experience',
        key: 'hero',
        body: {
          tactic: 'offer',
          touchpoints: ['home.hero'],
          control: 0.5,
          goal: 'bought',
          variants: [{ key: 'offer', content: { 'home.hero': 'special' } }],
        },
      },
    ],
  })
  expect(published.status, published.text).toBe(200)
})
afterAll(() => server.stop())

/** People who were shown an arm, and what they spent in which currency. */
const people = Array.from({ length: 200 }, (_, i) => `shopper-${i}`)
const spends = (arm: string, i: number) => (arm === 'offer' ? i % 2 === 0 : i % 4 === 0)

describe('GET /v1/experiences/{key}/impact', () => {
  it('compares what the arms did after they saw it, arms as decided and exposed over HTTP', async () => {
    const expected = { offer: [0, 0], control: [0, 0] } as Record<string, [number, number]>
    for (const [i, userId] of people.entries()) {
      const asked = { userId, touchpoints: ['home.hero'] }
      const answer = (await server.post('/v1/decide', asked)).json.answers['home.hero']
      const arm = answer.control ? 'control' : answer.variant
      const batch: object[] = [
        {
          type: 'track',
          userId,
          event: 'Exposure',
          properties: { decisionId: answer.decisionId },
          messageId: `seen-${i}`,
        },
      ]
      if (spends(arm, i)) {
        const properties = { order_id: `o${i}`, total: 10, currency: 'EUR' }
        batch.push({ type: 'track', userId, event: 'Order Completed', properties, messageId: `bought-${i}` })
      }
      expect((await server.post('/v1/batch', { batch })).status).toBe(200)
      expected[arm]![0]++
      if (spends(arm, i)) expected[arm]![1]++
    }
    const report = (await server.get('/v1/experiences/hero/impact')).json
    expect(report).toMatchObject({
      experience: 'hero',
      complete: true,
      metric: { type: 'conversion' },
      contaminated: 0,
    })
    expect(report.control).toMatchObject({ people: expected.control![0], conversions: expected.control![1] })
    expect(report.variants).toHaveLength(1)
    expect(report.variants[0]).toMatchObject({
      variant: 'offer',
      people: expected.offer![0],
      conversions: expected.offer![1],
    })
    const rate = ([all, some]: [number, number]) => some / all
    const lift = rate(expected.offer!) / rate(expected.control!) - 1
    expect(report.variants[0].lift.value).toBeCloseTo(lift, 10)
    const [low, high] = report.variants[0].lift.interval
    expect(low).toBeLessThan(lift)
    expect(high).toBeGreaterThan(lift)
    expect(report.variants[0].lift.p).toBeGreaterThan(0)
    expect(report.sampleRatio.verdict).toBe('ok')
    expect(report.sentence).toContain('%')
  }, 300_000)

  it('another metric, money in one currency', async () => {
    const report = (await server.get('/v1/experiences/hero/impact?metric=spent')).json
    const { people, mean, conversions } = report.variants[0]
    expect(mean).toBeCloseTo((10 * conversions) / people, 6)
  })

  it('a currency without a rate is an error that names it and the mend, until rates are imported', async () => {
    const properties = { order_id: 'dollars', total: 20, currency: 'USD' }
    await server.post('/v1/track', { userId: people[0], event: 'Order Completed', properties })
    const refused = await server.get('/v1/experiences/hero/impact?metric=spent')
    expect(refused).toMatchObject({ status: 422, json: { error: { code: 'missing_rates' } } })
    expect(refused.json.error.message).toContain('USD')
    expect(refused.json.error.mend).toContain('/v1/rates')
    await server.post('/v1/rates', { rates: [{ day: '2020-01-01', currency: 'USD', base: 'EUR', rate: 0.5 }] })
    expect((await server.get('/v1/experiences/hero/impact?metric=spent')).status).toBe(200)
  })

  it('an amount that no report will count is told as its event comes in', async () => {
    const order = (properties: object) =>
      server.post('/v1/track', { userId: 'rich', event: 'Order Completed', properties })
    const { status, json } = await order({ order_id: 'huge', total: 5e12, currency: 'EUR' })
    expect(status).toBe(200)
    expect(json).toEqual({
      success: true,
      warnings: [
        {
          index: 0,
          code: 'amount_unclear',
          message: 'properties.total is 5000000000000, which is beyond 1e12: no report counts it as an amount.',
        },
      ],
    })
    expect((await order({ order_id: 'comma', total: '19,90' })).json.warnings).toMatchObject([
      { code: 'amount_unclear' },
    ])
    expect((await order({ order_id: 'fine', total: '19.90' })).json).toEqual({ success: true })
  })

  it('an experience, a metric or a goal that is not there is named', async () => {
    expect((await server.get('/v1/experiences/none/impact?metric=bought')).json.error.code).toBe('not_found')
    expect((await server.get('/v1/experiences/hero/impact?metric=none')).json.error.message).toContain('none')
    const within = await server.get('/v1/experiences/none/impact?metric=bought&from=2026-01-01T00:00:00Z')
    expect(within.json.error.message).toContain('nor anybody who saw one within that time')
    expect((await server.get('/v1/experiences/none/impact')).json.error).toMatchObject({
      code: 'not_found',
      path: 'path.key',
    })
  })
})

describe('POST /v1/import', () => {
  const file = 'c'.repeat(64)
  const decision = (row: number, variant: string) => ({
    row,
    type: 'decision',
    userId: `imported-${row}`,
    timestamp: '2024-03-01T00:00:00Z',
    touchpoint: 'mail.spring',
    experience: 'spring',
    variant,
    propensity: 0.5,
  })

  it('brings in decisions made elsewhere with their outcomes, each row once, for ever', async () => {
    const items = Array.from({ length: 40 }, (_, row) => decision(row, row % 2 === 0 ? 'mail' : ''))
    const outcomes = Array.from({ length: 40 }, (_, i) => i)
      .filter(i => i % 2 === 0 || i % 4 === 1)
      .map(i => ({
        row: 100 + i,
        type: 'track',
        userId: `imported-${i}`,
        event: 'Order Completed',
        timestamp: '2024-03-02T00:00:00Z',
      }))
    const first = await server.post('/v1/import', { file, items: [...items, ...outcomes] })
    expect(first).toMatchObject({ status: 200, json: { stored: 70, duplicates: 0, errors: [] } })
    const again = await server.post('/v1/import', { file, items: [...items, ...outcomes] })
    expect(again.json).toMatchObject({ stored: 0, duplicates: 70 })
    const report = (await server.get('/v1/experiences/spring/impact?metric=bought')).json
    expect(report.control).toMatchObject({ people: 20, conversions: 10 })
    expect(report.variants[0]).toMatchObject({ variant: 'mail', people: 20, conversions: 20 })
    expect(report.variants[0].lift.value).toBeCloseTo(1, 10)
  })

  it('rows that cannot be taken are named by row and place; the others are stored', async () => {
    const answer = await server.post('/v1/import', {
      file: 'd'.repeat(64),
      items: [
        { type: 'track', userId: 'x', event: 'no row' },
        { row: 7, type: 'track', event: 'nobody' },
        { ...decision(8, 'mail'), propensity: 2 },
        { ...decision(9, 'mail'), timestamp: '2099-01-01T00:00:00Z' },
        { ...decision(10, 'mail'), userId: 'null' },
        { row: 11, type: 'track', userId: 'x', event: 'large', properties: { text: 'x'.repeat(500_000) } },
        { row: 12, type: 'track', userId: 'x', event: 'fine' },
      ],
    })
    expect(answer.json.stored).toBe(2)
    const errors = answer.json.errors.map(({ index, row, code }: { index: number; row: number; code: string }) => [
      index,
      row,
      code,
    ])
    expect(errors).toEqual([
      [0, null, 'row_invalid'],
      [1, 7, 'no_user_anon_id'],
      [2, 8, 'invalid'],
      [3, 9, 'timestamp_out_of_range'],
      [4, 10, 'no_user_anon_id'],
    ])
  })
})
