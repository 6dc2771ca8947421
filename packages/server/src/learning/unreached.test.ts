import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from '../testing/server.ts'
import { publishSpending, type Shopper, shop } from '../testing/spending.ts'

const DAY = 86_400_000
const PEOPLE = 400
const CONTROL = 0.5
let now = Date.UTC(2026, 2, 10, 12)
let server: TestServer

/** Whom no rule names sees the default content as the control group does, and spends a tenth of what the others do. */
const rows: { readonly isControl: boolean; readonly reward: number }[] = []

function person(i: number): Shopper {
  const isPro = i % 2 === 0
  return {
    userId: `person-${i}`,
    context: { plan: isPro ? 'pro' : 'free' },
    spends: ({ control, variant }) => {
      if (!control) expect(variant).toBe(isPro ? 'a' : undefined)
      const reward = (isPro ? 100 : 10) + (i % 5)
      rows.push({ isControl: control, reward })
      return reward
    },
  }
}

beforeAll(async () => {
  server = await testServer({}, { now: () => now++ })
  const policy = { kind: 'rules', rules: [{ when: { context: 'plan', is: 'pro' }, variant: 'a' }] }
  await publishSpending(server, { control: CONTROL, policy, variants: ['a'] })
  await shop(
    server,
    Array.from({ length: PEOPLE }, (_, i) => person(i)),
  )
  now += DAY
}, 300_000)
afterAll(() => server.stop())

describe('POST /v1/whatif on rules that name not everybody', () => {
  it('R7 the default content for everybody is judged by the control group, and not by those whom no rule names', async () => {
    const policy = { kind: 'control' }
    const { status, json, text } = await server.post('/v1/whatif', { experience: 'hero', policy })
    expect(status, text).toBe(200)
    expect(json.verdict, json.sentence).toBe('answered')
    const left = rows.filter(({ isControl }) => isControl)
    const brought = left.reduce((sum, { reward }) => sum + reward, 0)
    expect(json.estimators.ips.value).toBeCloseTo(brought / CONTROL / rows.length, 6)
    expect(json.estimators.snips.value).toBeCloseTo(brought / left.length, 6)
    expect(json.overlap.meanWeight).toBeCloseTo(left.length / CONTROL / rows.length, 9)
    expect(json.overlap.decisions).toBe(rows.length)
  })

  it('a rule by a clock whose zone is of no decision in the log is refused', async () => {
    const when = { time: { from: '09:00', zone: 'person' } }
    const policy = { kind: 'rules', rules: [{ when, variant: 'a' }], otherwise: 'a' }
    const { json } = await server.post('/v1/whatif', { experience: 'hero', policy })
    expect(json).toMatchObject({ verdict: 'refused', sentence: expect.stringContaining('context.timezone') })
  })
})
