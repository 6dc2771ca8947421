import { impact } from '@espalier/core/experiment'
import { random } from '@espalier/core/random'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { publishBandit } from '../testing/bandit.ts'
import { SECRET_KEY, type TestServer, testServer } from '../testing/server.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 2, 10)
let now = START + DAY / 2
let server: TestServer
const rng = random('visitors')

beforeAll(async () => {
  server = await testServer({}, { now: () => now++ })
  await server.services.learner.stop()
  await publishBandit(server, { goal: 'Clicked', others: ['Bought'], control: 0.2, minimum: 50 })
}, 300_000)
afterAll(() => server.stop())

/** So many people see it. They click on b more often; whether they buy does not depend on what they see, only on when they come. */
async function visits(name: string, people: number, buying: number) {
  const users = Array.from({ length: people }, (_, i) => `${name}-${i}`)
  const batch: object[] = []
  for (let from = 0; from < people; from += 50) {
    const some = users.slice(from, from + 50)
    const answers = await Promise.all(
      some.map(userId =>
        server.post('/v1/decide', { userId, touchpoints: ['hero'], expose: true }, { key: SECRET_KEY }),
      ),
    )
    for (const [i, { json }] of answers.entries()) {
      const { variant } = json.answers.hero
      for (const [event, chance] of [
        ['Clicked', variant === 'b' ? 0.7 : 0.1],
        ['Bought', buying],
      ] as const) {
        if (!rng.chance(chance)) continue
        const timestamp = new Date(now + 60_000).toISOString()
        batch.push({ type: 'track', userId: some[i], event, timestamp, messageId: `${some[i]}-${event}` })
      }
    }
  }
  now += 120_000
  expect((await server.post('/v1/batch', { batch })).status).toBe(200)
}

it('a bandit whose weights change finds no effect where there is none; plain means do', async () => {
  await visits('early', 250, 0.05)
  now += DAY / 4
  expect(await server.services.learner.round()).toBe(1)
  now = START + 1.5 * DAY
  await visits('late', 350, 0.65)
  now += DAY / 4
  const { json: report, text } = await server.get('/v1/experiences/hero/impact?metric=bought')
  expect(text).not.toMatch(/NaN|Infinity/)

  const metric = { type: 'conversion', event: 'Bought', window: '1h' } as const
  const { arms } = await server.services.warehouse.impact({ workspace: 'main', experience: 'hero', metric, now })
  const plain = impact(arms, { metric })
  // Early comers saw a more often, and bought less.
  const early = plain.variants.find(({ variant }) => variant === 'a')!
  expect(early.lift.p!).toBeLessThan(0.001)

  for (const variant of report.variants) {
    const { value, standardError, p } = variant.difference
    expect(Math.abs(value), variant.variant).toBeLessThan(2.5 * standardError)
    expect(p).toBeGreaterThan(0.01)
    expect(variant.verdict.verdict).toBe('too-early')
    expect(variant.evidence.effectivePeople.treatment).toBeGreaterThan(10)
  }
  expect(report.variants[0]).toMatchObject({ variant: 'a', people: early.people })
  expect(report.sampleRatio).toMatchObject({ verdict: 'ok', dof: 2 })
  expect(report.checks.find(({ check }: { check: string }) => check === 'sample-ratio').passed).toBe(true)
}, 300_000)
