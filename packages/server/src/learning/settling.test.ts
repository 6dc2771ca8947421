import type { LinearModel } from '@espalier/core/policy'
import { random } from '@espalier/core/random'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestServer, testServer } from '../testing/server.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 2, 10)
const PEOPLE = 120
let now = START
let server: TestServer
let row = 0

const rng = random('settling')
const people = Array.from({ length: PEOPLE }, (_, i) => ({
  userId: `person-${i}`,
  variant: rng.chance(0.5) ? 'a' : 'b',
  isPro: rng.chance(0.4),
}))

const experience = (goal: string) => ({
  kind: 'experience',
  key: 'list',
  body: {
    tactic: 'content',
    touchpoints: ['list'],
    control: 0,
    goal,
    variants: ['a', 'b'].map(key => ({ key, content: { list: key } })),
    policy: {
      kind: 'contextual',
      reward: 'value',
      minimum: 20,
      inputs: [{ key: 'pro', kind: 'boolean', from: { context: 'pro' } }],
    },
  },
})
const spent = (event: string) => ({ type: 'sum', event, property: 'total', window: '1h' })

beforeAll(async () => {
  server = await testServer({}, { now: () => now++ })
  await server.services.learner.stop()
  const published = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      { kind: 'touchpoint', key: 'list', body: { channel: 'web', default: 'plain' } },
      { kind: 'metric', key: 'spent', body: spent('Bought') },
      { kind: 'metric', key: 'pledged', body: spent('Pledged') },
      experience('spent'),
    ],
  })
  expect(published.status, published.text).toBe(200)
}, 300_000)
afterAll(() => server.stop())

/** As they are imported, when it is at least `at`. */
async function take(at: number, items: readonly object[]) {
  now = Math.max(now, at + HOUR / 4)
  const numbered = items.map(item => ({ ...item, row: row++ }))
  const answer = await server.post('/v1/import', { file: 'd'.repeat(64), items: numbered })
  expect(answer.json).toMatchObject({ stored: items.length, errors: [] })
}

const seen = (at: number, some = people) =>
  take(
    at,
    some.map(({ userId, variant, isPro }) => ({
      type: 'decision',
      userId,
      timestamp: at,
      touchpoint: 'list',
      experience: 'list',
      variant,
      propensity: 0.5,
      context: { pro: isPro },
    })),
  )

const bought = (at: number, some: typeof people, event = 'Bought') =>
  take(
    at,
    some.map(({ userId, isPro, variant }, i) => ({
      type: 'track',
      userId,
      event,
      timestamp: new Date(at).toISOString(),
      properties: { total: ((variant === 'a') === isPro ? 40 : 10) + (i % 7) },
    })),
  )

/** The newest model after a training. */
async function learned(more: object = {}): Promise<LinearModel> {
  const { status, json, text } = await server.post('/v1/experiences/list/model', { action: 'train', ...more })
  expect(status, text).toBe(200)
  return (await server.services.models.model('main', 'list', json.newest)) as LinearModel
}

function expectSame(stepwise: LinearModel, anew: LinearModel) {
  for (const [i, arm] of anew.arms.entries()) {
    const other = stepwise.arms[i]!
    expect([other.variant, other.people]).toEqual([arm.variant, arm.people])
    for (const [j, x] of arm.mean.entries()) expect(other.mean[j]).toBeCloseTo(x, 9)
    for (const [j, x] of arm.precision.entries()) expect(other.precision[j]).toBeCloseTo(x, 9)
  }
}

const counted = ({ arms }: LinearModel) => arms.reduce((sum, { people }) => sum + people, 0)

it('R10 who is seen again in the same draw period after a training is one row, with all that both brought', async () => {
  await seen(START + 10 * HOUR)
  await bought(START + 10.5 * HOUR, people.slice(0, 50))
  now = START + 13 * HOUR
  expect(counted(await learned())).toBe(PEOPLE)
  await seen(START + 15 * HOUR, people.slice(20, 80))
  await bought(START + 15.5 * HOUR, people.slice(40, 70))
  now = START + 18 * HOUR
  const stepwise = await learned()
  expect(counted(stepwise)).toBe(PEOPLE)
  expectSame(stepwise, await learned({ anew: true }))
}, 300_000)

it('R10 what comes days late is learned as if it had been there', async () => {
  now = START + 4 * DAY
  const before = await learned()
  await bought(START + 10.7 * HOUR, people.slice(80, 110))
  const stepwise = await learned()
  expect(stepwise.arms).not.toEqual(before.arms)
  expectSame(stepwise, await learned({ anew: true }))
})

it('goes on from what is final, to what the whole log gives', async () => {
  await seen(START + 9 * DAY)
  await bought(START + 9 * DAY + 60_000, people.slice(30, 60))
  now = START + 10 * DAY
  const some = await learned()
  expect(counted({ ...some, arms: some.sums.arms } as never)).toBe(PEOPLE)
  expect(counted(some)).toBe(2 * PEOPLE)
  now = START + 20 * DAY
  const stepwise = await learned()
  expectSame(stepwise, await learned({ anew: true }))
  // What comes later still is learned when it is asked to learn anew.
  await bought(START + 10.8 * HOUR, people.slice(0, 20))
  expect((await server.post('/v1/experiences/list/model', { action: 'train' })).json.last.sentence).toContain(
    'Nothing new',
  )
  expect((await learned({ anew: true })).arms).not.toEqual(stepwise.arms)
})

it('another goal is learned anew, and not added to what was learned of the one before', async () => {
  await bought(START + 9 * DAY + 120_000, people.slice(0, 45), 'Pledged')
  const published = await server.post('/v1/definitions', { changes: [experience('pledged')] })
  expect(published.status, published.text).toBe(200)
  const stepwise = await learned()
  expectSame(stepwise, await learned({ anew: true }))
  const rewards = stepwise.sums.arms.reduce((sum, { reward }) => sum + reward, 0)
  expect(rewards).toBeLessThan(45 * 47)
  expect(rewards).toBeGreaterThan(45 * 10)
})

it('so is the same goal where the workspace counts its money in another currency', async () => {
  const settings = (body: object) => ({ kind: 'settings', key: 'workspace', body: { holdout: 0, ...body } })
  const money = { kind: 'metric', key: 'pledged', body: { ...spent('Pledged'), currency: 'EUR' } }
  const rates = await server.post('/v1/rates', {
    rates: [{ day: '2026-03-01', currency: 'USD', base: 'EUR', rate: 1.25 }],
  })
  const rewards: number[] = []
  for (const currency of ['EUR', 'USD']) {
    const published = await server.post('/v1/definitions', { changes: [settings({ currency }), money] })
    expect(published.status, published.text).toBe(200)
    expect(rates.status, rates.text).toBe(200)
    const stepwise = await learned()
    expectSame(stepwise, await learned({ anew: true }))
    rewards.push(stepwise.sums.arms.reduce((sum, { reward }) => sum + reward, 0))
  }
  // Amounts that name no currency are in the workspace's.
  expect(rewards[1]! / rewards[0]!).toBeCloseTo(1.25, 6)
})
