import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer } from './testing/server.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 2, 2, 12)
let now = START + 20 * DAY
let server: TestServer
let files = 0

const KEYS = ['never', 'same', 'alone', 'nobody', 'huge', 'early'] as const

beforeAll(async () => {
  server = await testServer({}, { now: () => now })
  await server.services.learner.stop()
  const published = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0, currency: 'EUR', impact: { margin: { rate: 0.5 } } } },
      ...KEYS.map(key => ({ kind: 'touchpoint', key, body: { channel: 'web', default: 'plain' } })),
      { kind: 'metric', key: 'bought', body: { type: 'conversion', event: 'Bought', window: '7d' } },
      { kind: 'metric', key: 'spent', body: { type: 'sum', event: 'Bought', property: 'total', window: '7d' } },
      ...KEYS.map(key => ({
        kind: 'experience',
        key,
        body: {
          tactic: 'content',
          touchpoints: [key],
          control: 0.5,
          goal: key === 'huge' ? 'spent' : 'bought',
          variants: ['a', 'b'].map(variant => ({ key: variant, content: { [key]: variant } })),
        },
      })),
    ],
  })
  expect(published.status, published.text).toBe(200)
}, 300_000)
afterAll(() => server.stop())

interface Seen {
  readonly arm: 'a' | 'b' | ''
  readonly at?: number
  readonly bought?: readonly number[]
  readonly total?: unknown
}

async function take(key: string, people: readonly Seen[]) {
  let row = 0
  const items = people.flatMap(({ arm, at = START, bought = [], total = 10 }, i) => [
    {
      row: row++,
      type: 'decision',
      userId: `${key}-${i}`,
      timestamp: at,
      touchpoint: key,
      experience: key,
      variant: arm,
      propensity: arm === '' ? 0.5 : 0.25,
    },
    ...bought.map(when => ({
      row: row++,
      type: 'track',
      userId: `${key}-${i}`,
      event: 'Bought',
      timestamp: new Date(when).toISOString(),
      properties: { total },
    })),
  ])
  const file = (files++).toString(16).padStart(64, '0')
  const answer = await server.post('/v1/import', { file, items }, { key: SECRET_KEY })
  expect(answer.json.errors).toEqual([])
}

const arms = (n: number, make: (arm: Seen['arm'], i: number) => Partial<Seen> = () => ({})): Seen[] =>
  Array.from({ length: n }, (_, i) => {
    const arm = (['', 'a', '', 'b'] as const)[i % 4]!
    return { arm, at: START + (i % 10) * DAY, ...make(arm, i) }
  })

/** The page, without a number that is none, as JSON and as CSV. */
async function ask(key: string) {
  const page = await server.get(`/v1/experiences/${key}/impact`)
  expect(page.status, page.text).toBe(200)
  expect(page.text).not.toMatch(/NaN|Infinity/)
  expect((await server.get(`/v1/experiences/${key}/impact?format=csv`)).text).not.toMatch(/NaN|Infinity|undefined/)
  return page.json
}

async function programme(key: string) {
  const report = await server.get('/v1/impact')
  expect(report.status, report.text).toBe(200)
  expect(report.text).not.toMatch(/NaN|Infinity/)
  return report.json.experiences.find((one: { key: string }) => one.key === key)
}

const whatIf = async (key: string, more: object = {}) =>
  (await server.post('/v1/whatif', { experience: key, policy: { kind: 'fixed', variant: 'a' }, ...more })).json

const seenAt = (i: number) => START + (i % 10) * DAY

describe('reports of people as they come', () => {
  it('a goal that never happens: no lift, no chance, no verdict', async () => {
    await take('never', arms(400))
    const { answer, variants, verdict } = await ask('never')
    expect(answer).toMatchObject({ verdict: 'too-early', certainty: null })
    expect(verdict).toMatchObject({ because: 'no-variance', lift: null, interval: null })
    expect(variants[0].lift).toMatchObject({ value: null, reason: 'zero-control-mean' })
    expect((await programme('never')).kpi.lift).toMatchObject({ value: null, reason: 'zero-control-mean' })
    expect(await whatIf('never')).toMatchObject({ verdict: 'careful', doubts: [{ code: 'no-variance' }] })
  })

  it('everybody does it: a lift of 0 that nothing is known of', async () => {
    await take(
      'same',
      arms(400, (_, i) => ({ bought: [seenAt(i) + HOUR] })),
    )
    const { answer, verdict } = await ask('same')
    expect(answer.verdict).toBe('too-early')
    expect(verdict).toMatchObject({ because: 'no-variance', lift: 0, interval: null })
    expect(await whatIf('same')).toMatchObject({ verdict: 'careful', gain: { value: 0, interval: null } })
  })

  it('one person, and an arm with nobody', async () => {
    await take('alone', [{ arm: 'a', bought: [START + HOUR] }])
    const alone = await ask('alone')
    expect(alone.answer).toMatchObject({ verdict: null, certainty: null })
    expect(alone.next).toMatchObject({ at: 'control' })
    expect((await programme('alone')).sentence).toContain('no control group')
    expect((await whatIf('alone')).verdict).toBe('refused')
    await take(
      'nobody',
      arms(400, (arm, i) => ({ arm: arm === 'b' ? '' : arm, bought: i % 8 < 2 ? [seenAt(i) + HOUR] : [] })),
    )
    const nobody = await ask('nobody')
    const b = nobody.variants.find(({ variant }: { variant: string }) => variant === 'b')
    expect(b).toMatchObject({ people: 0, mean: null, lift: { value: null, reason: 'no-people' } })
    expect(nobody.answer).toMatchObject({
      verdict: 'too-early',
      sentence: expect.stringContaining('lost or kept unequally'),
    })
  })

  it('an amount that is none, or beyond 1e12, counts for nobody', async () => {
    const totals = [1e308, 'Infinity', -1e308, 1e13, 'NaN']
    await take(
      'huge',
      arms(400, (_, i) => ({ bought: [seenAt(i) + HOUR], total: totals[i % totals.length] })),
    )
    const { answer, control } = await ask('huge')
    expect(control).toMatchObject({ people: 200, mean: 0 })
    expect(answer.verdict).toBe('too-early')
    await programme('huge')
    await whatIf('huge')
  })

  it('what was done before it was seen, or after the window, is nobody’s', async () => {
    await take(
      'early',
      arms(400, (_, i) => ({ bought: [seenAt(i) - HOUR, seenAt(i) + 8 * DAY] })),
    )
    const { control, personalized } = await ask('early')
    expect([control, personalized]).toMatchObject([
      { people: 200, conversions: 0 },
      { people: 200, conversions: 0 },
    ])
    expect((await whatIf('early')).logged.value).toBe(0)
  })

  it('a clock that goes back: what is yet to come has not been seen, and nobody is counted without what they did', async () => {
    const after = now
    now = START - DAY
    try {
      const { answer, control } = await ask('same')
      expect(control).toMatchObject({ people: 0, mean: null })
      expect(answer).toMatchObject({ verdict: null, label: 'Nothing seen' })
      expect(await programme('same')).toBeUndefined()
    } finally {
      now = after
    }
    expect((await ask('same')).control).toMatchObject({ people: 200, mean: 1 })
  })

  it.each([
    'experiences/same/impact?',
    'experiences/same/evidence?by=time&',
    'impact?',
    'summary?',
  ])('a time that ends before it begins is refused: %s', async path => {
    const answer = await server.get(`/v1/${path}from=2026-03-05&to=2026-03-04`)
    expect(answer.json.error).toMatchObject({ code: 'invalid', path: 'query.from' })
    expect((await whatIf('same', { from: '2026-03-05', to: '2026-03-05' })).error.path).toBe('body.from')
  })

  it('weights that do not sum are refused with what they sum to', async () => {
    const of = async (...weights: number[]) => {
      const variants = weights.map((weight, i) => ({ key: `v${i}`, weight, content: { never: 'x' } }))
      const body = { tactic: 'content', touchpoints: ['never'], variants }
      return server.post('/v1/definitions', { changes: [{ kind: 'experience', key: 'weights', body }] })
    }
    for (const weights of [
      [0, 0],
      [0.2, 0.2],
      [0.7, 0.7],
    ]) {
      const { status, json } = await of(...weights)
      expect(status).toBe(422)
      expect(json.error.message).toContain(`sum to ${weights[0]! + weights[1]!} and must sum to 1`)
    }
    expect((await of(-1, 2)).status).toBe(422)
    expect((await of(1e308, 1e308)).status).toBe(422)
  })
})
