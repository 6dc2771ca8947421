import { random } from '@espalier/core/random'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from '../testing/server.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 2, 10)
let now = START + DAY / 2
let server: TestServer

const variants = (touchpoint: string) => ['a', 'b'].map(key => ({ key, content: { [touchpoint]: key } }))

const touchpoint = (key: string) => ({ kind: 'touchpoint', key, body: { channel: 'web', default: 'plain' } })
const experience = (key: string, policy: object) => ({
  kind: 'experience',
  key,
  body: { tactic: 'content', touchpoints: [key], control: 0.1, goal: 'bought', variants: variants(key), policy },
})

beforeAll(async () => {
  // It goes on a little with each look, as clocks do.
  server = await testServer({}, { now: () => now++ })
  await server.services.learner.stop()
  const published = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      ...['hero', 'list', 'cart', 'desk'].map(touchpoint),
      { kind: 'metric', key: 'bought', body: { type: 'conversion', event: 'Bought', window: '1d' } },
      { kind: 'metric', key: 'left', body: { type: 'conversion', event: 'Left', window: '1d', direction: 'down' } },
      {
        kind: 'metric',
        key: 'slowest',
        body: { type: 'quantile', event: 'Loaded', property: 'ms', level: 0.8, window: '1d', direction: 'down' },
      },
      experience('hero', { kind: 'bandit', minimum: 50, floor: 0.05 }),
      experience('list', {
        kind: 'contextual',
        minimum: 50,
        inputs: [
          { key: 'pro', kind: 'boolean', from: { when: { trait: 'plan', is: 'pro' } } },
          { key: 'visits', kind: 'numeric', from: { context: 'visits' } },
        ],
      }),
      experience('cart', { kind: 'rollout', variant: 'b', guardrails: ['left'], stagePeople: 20 }),
      experience('desk', { kind: 'rollout', variant: 'b', guardrails: ['slowest'], stagePeople: 20 }),
    ],
  })
  expect(published.status, published.text).toBe(200)
}, 300_000)
afterAll(() => server.stop())

const rng = random('people')

async function decide(userId: string, touchpoint: string, context: object = {}) {
  const answer = await server.post(
    '/v1/decide',
    { userId, touchpoints: [touchpoint], context, expose: true },
    { key: 'secret-key-of-tests' },
  )
  expect(answer.status, answer.text).toBe(200)
  return answer.json.answers[touchpoint]
}

/** Each does something or not, with the chance that is planted for who they are and what they got. */
async function visit(
  name: string,
  people: number,
  touchpoint: string,
  event: string,
  chance: (variant: string | undefined, isPro: boolean) => number,
  propertiesOf?: (variant: string | undefined) => object,
) {
  const shown: Record<string, { seen: number; did: number }> = {}
  const users = Array.from({ length: people }, (_, i) => ({ id: `${name}-${i}`, isPro: i % 2 === 0 }))
  const identify = users.map(({ id, isPro }) => ({
    type: 'identify',
    userId: id,
    traits: { plan: isPro ? 'pro' : 'free' },
    messageId: `i-${id}`,
  }))
  expect((await server.post('/v1/batch', { batch: identify })).status).toBe(200)
  const batch: object[] = []
  for (let from = 0; from < users.length; from += 50) {
    const some = users.slice(from, from + 50)
    const answers = await Promise.all(some.map(({ id }, i) => decide(id, touchpoint, { visits: i % 7 })))
    for (const [i, { id, isPro }] of some.entries()) {
      const { variant, control } = answers[i]
      const did = rng.chance(chance(variant, isPro))
      const arm = control ? 'control' : (variant ?? 'default')
      shown[arm] ??= { seen: 0, did: 0 }
      shown[arm].seen++
      if (did) shown[arm].did++
      // What happened before somebody saw it is nobody's.
      if (i % 3 === 0) batch.push(track(id, event, now - 3_600_000, 'before'))
      if (did) batch.push(track(id, event, now + 60_000, 'after', propertiesOf?.(variant)))
    }
  }
  now += 120_000
  const taken = await server.post('/v1/batch', { batch })
  expect(taken.status, taken.text).toBe(200)
  return shown
}

function track(userId: string, event: string, at: number, what: string, properties: object = {}) {
  return {
    type: 'track',
    userId,
    event,
    properties,
    timestamp: new Date(at).toISOString(),
    messageId: `${userId}-${event}-${what}`,
  }
}

const model = async (key: string) => (await server.get(`/v1/experiences/${key}/model`)).json
const act = (key: string, body: object) => server.post(`/v1/experiences/${key}/model`, body)

describe('a bandit', () => {
  it('knows nothing at first, and says so', async () => {
    expect(await model('hero')).toMatchObject({
      policy: 'bandit',
      newest: 0,
      sentence: 'Nothing has been learned yet: the split is served.',
    })
  })

  it('waits for windows to close: pending is no failure', async () => {
    const shown = await visit('first', 240, 'hero', 'Bought', variant => (variant === 'b' ? 0.5 : 0.1))
    expect(shown.a!.seen).toBeGreaterThan(70)
    expect(shown.b!.seen).toBeGreaterThan(70)
    await server.services.learner.round()
    const { newest, last } = await model('hero')
    expect(newest).toBe(0)
    expect(last.sentence).toMatch(/^Nothing to learn from yet: \d+ decisions wait/)
    expect(last.sentence).toMatch(/The split is served\.$/)
    expect(last.waiting).toBe(shown.a!.seen + shown.b!.seen)
    // Asked again at once nothing is due.
    expect(await server.services.learner.round()).toBe(0)
    expect((await model('hero')).last).toEqual(last)

    now += 1.5 * DAY
    // While the version is made and published nobody who asks is turned away.
    let done = false
    const asking = (async () => {
      let asked = 0
      for (; !done || asked < 20; asked++) await decide(`asker-${asked % 40}`, 'cart')
      return asked
    })()
    expect(await server.services.learner.round()).toBe(1)
    done = true
    expect(await asking).toBeGreaterThanOrEqual(20)
    const after = await model('hero')
    expect(after).toMatchObject({
      newest: 1,
      versions: [{ version: 1, people: { a: shown.a!.seen, b: shown.b!.seen } }],
    })
    // It is made, and does not decide yet: people get the split until the next draw period.
    expect(after.state).toMatchObject({ model: 0, basis: 'too-little-data' })
    expect(after.last.sentence).toBe(
      'Version 1 was made. The split is served. Version 1 decides from 2026-03-13 00:00 UTC on.',
    )
    const { arms } = (await server.services.models.model('main', 'hero', 1))!
    // Uniform prior: one success and one failure more than were seen.
    for (const { variant, a, b } of arms as readonly { variant: string; a: number; b: number }[]) {
      expect(a).toBeCloseTo(shown[variant]!.did + 1, 9)
      expect(b).toBeCloseTo(shown[variant]!.seen - shown[variant]!.did + 1, 9)
    }
    expect(after.timeline).toEqual([{ from: START + 3 * DAY, version: 1 }])
  }, 300_000)

  it('R6 the version decides from the next draw period on, and each decision names it', async () => {
    now = START + 3 * DAY - 60_000
    const before = await Promise.all(Array.from({ length: 40 }, (_, i) => decide(`next-${i}`, 'hero')))
    expect(before.every(({ propensity }) => propensity === 0.45 || propensity === 0.1)).toBe(true)
    now = START + 3 * DAY
    expect((await model('hero')).last.sentence).toBe('Version 1 was made. Version 1 decides.')
    const after = await Promise.all(Array.from({ length: 40 }, (_, i) => decide(`next-${i}`, 'hero')))
    const shown = after.filter(({ control }) => !control)
    expect(shown.filter(({ variant }) => variant === 'b').length).toBeGreaterThan(shown.length * 0.75)
    const chances = new Set(shown.filter(({ variant }) => variant === 'b').map(({ propensity }) => propensity))
    expect([...chances]).toHaveLength(1)
    expect([...chances][0]).toBeCloseTo(0.9 * 0.95, 3)
    expect(after.map(({ control }) => control)).toEqual(before.map(({ control }) => control))
    await server.services.shipper.drain(5000)
    const one = after.findIndex(({ variant }) => variant === 'b')
    const sources = [(await server.get(`/v1/profiles/userId:next-${one}`)).json.profile.id]
    const rows: Record<string, unknown>[] = []
    const question = { workspace: 'main', sources, table: 'decisions' as const }
    for await (const page of server.services.warehouse.person(question)) rows.push(...page)
    expect(rows.map(row => row['answers.model'])).toEqual([[''], ['1']])
  })

  it('goes back to an earlier version, from the next period on or at once', async () => {
    now = START + 5 * DAY
    expect((await act('hero', { action: 'train' })).json).toMatchObject({ newest: 2 })
    expect((await act('hero', { action: 'rollBack', version: 7 })).json.error.path).toBe('body.version')
    now = START + 6 * DAY
    const chances = async () => (await model('hero')).state.model
    await server.services.definitions.refresh('main')
    expect(await chances()).toBe(2)
    const back = await act('hero', { action: 'rollBack', version: 1, when: 'this period' })
    expect(back.json.timeline.at(-1)).toEqual({ from: START + 6 * DAY, version: 1 })
    expect(back.json.state.model).toBe(1)
    // A third version is the third, whichever decides meanwhile.
    const third = await act('hero', { action: 'train' })
    expect([2, 3]).toContain(third.json.newest)
  })

  it('refuses what it cannot do, with the mend', async () => {
    expect((await act('nowhere', { action: 'train' })).status).toBe(404)
    expect((await act('cart', { action: 'train' })).json.error.message).toContain('learns nothing')
    expect((await act('hero', { action: 'stop' })).json.error.message).toContain('is no rollout')
    expect(
      (await server.post('/v1/experiences/hero/model', { action: 'train' }, { key: 'write-key-of-tests' })).status,
    ).toBe(403)
  })
})

describe('a contextual bandit', () => {
  it('learns from what each decision looked at, and goes on from there', async () => {
    const planted = (variant: string | undefined, isPro: boolean) =>
      variant === undefined ? 0 : (variant === 'a') === isPro ? 0.6 : 0.05
    await visit('pros', 400, 'list', 'Bought', planted)
    now += 2 * DAY
    expect((await act('list', { action: 'train' })).json).toMatchObject({ newest: 1, last: { refused: 0, waiting: 0 } })
    now += DAY
    await server.services.definitions.refresh('main')
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => decide(`pros-${i}`, 'list', { visits: 3 })))
    const right = answers.filter(({ variant }, i) => variant === (i % 2 === 0 ? 'a' : 'b'))
    const shown = answers.filter(({ control }) => !control)
    expect(right.length).toBeGreaterThan(shown.length * 0.85)
    now += 12 * DAY
    expect((await act('list', { action: 'train' })).json.newest).toBe(2)
    now += 2 * DAY
    const { last } = (await act('list', { action: 'train' })).json
    // Only what was not final by then, not all over again.
    expect(last.rows).toBeLessThan(100)
  }, 300_000)
})

describe('POST /v1/whatif', () => {
  const ask = (policy: object, more: object = {}) =>
    server.post('/v1/whatif', { experience: 'list', policy, ...more }).then(({ json }) => json)

  it('one variant for everybody brings what was planted', async () => {
    const report = await ask({ kind: 'fixed', variant: 'a' })
    expect(report.verdict, report.sentence).toBe('answered')
    expect(report.answer.by).toBe('sndr')
    const truth = (0.6 + 0.05) / 2
    expect(report.answer.interval[0]).toBeLessThan(truth)
    expect(report.answer.interval[1]).toBeGreaterThan(truth)
  })

  it('rules bring what was planted for those whom they choose for', async () => {
    const rules = [{ when: { trait: 'plan', is: 'pro' }, variant: 'a' }]
    const report = await ask({ kind: 'rules', rules, otherwise: 'b' })
    expect(report.verdict, report.sentence).toMatch(/answered|careful/)
    expect(report.answer.interval[0]).toBeLessThan(0.6)
    expect(report.answer.interval[1]).toBeGreaterThan(0.6)
    expect(report.gain.interval[0]).toBeGreaterThan(0.05)
    const wrong = await ask({ kind: 'rules', rules, otherwise: 'a' })
    expect(wrong.answer.value).toBeLessThan(report.answer.value)
  })

  it('R8 an analyst asks by what is not personal, and by nothing else', async () => {
    const { key } = (await server.post('/v1/keys', { kind: 'analyst' })).json
    const by = (trait: string) => {
      const policy = { kind: 'rules', rules: [{ when: { trait, is: 'pro' }, variant: 'a' }] }
      return server.post('/v1/whatif', { experience: 'list', policy }, { key })
    }
    expect((await by('plan')).status).toBe(200)
    expect((await by('email')).json.error).toMatchObject({
      code: 'wrong_key',
      path: 'body.policy.rules[0].when.trait',
    })
  })

  it('another bandit is judged by what it would have learned in the first half', async () => {
    const inputs = [{ key: 'visits', kind: 'numeric', from: { context: 'visits' } }]
    const report = await ask({ kind: 'contextual', inputs, minimum: 50 })
    expect(['answered', 'careful', 'refused']).toContain(report.verdict)
    expect(report.verdict === 'refused' ? report.sentence : report.notes[0]).toMatch(/learned|people/)
    expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/)
  })

  it('refuses what the log does not know, and says what would be needed', async () => {
    const rules = [{ when: { trait: 'city', is: 'Rome' }, variant: 'a' }]
    expect(await ask({ kind: 'rules', rules })).toMatchObject({
      verdict: 'refused',
      sentence: expect.stringContaining('no decision looked at city'),
    })
    const did = [{ when: { did: 'Bought' }, variant: 'a' }]
    expect(await ask({ kind: 'rules', rules: did })).toMatchObject({
      verdict: 'refused',
      sentence: expect.stringContaining('make a segment of it'),
    })
    expect((await ask({ kind: 'fixed', variant: 'z' })).error.path).toBe('body.policy.variant')
    expect((await ask({ kind: 'bandits' })).error.path).toBe('body.policy.kind')
    expect((await ask({ kind: 'fixed', variant: 'a' }, { from: '2020-01-01', to: '2020-01-02' })).verdict).toBe(
      'refused',
    )
  })
})

describe('a rollout', () => {
  it('begins at one in a hundred, and stops by itself when a guardrail is hurt', async () => {
    const first = await model('cart')
    expect(first.rollout).toMatchObject({ stage: '1' })
    // As if it had come as far as half.
    await server.services.models.change('main', 'cart', record => ({
      record: { ...record, rollout: { stage: '50', since: now } },
    }))
    await server.services.definitions.refresh('main')
    const shown = await visit('carts', 240, 'cart', 'Left', variant => (variant === 'b' ? 0.7 : 0.15))
    expect(shown.b!.seen).toBeGreaterThan(70)
    await server.services.shipper.drain(5000)
    await server.services.learner.round()
    const after = await model('cart')
    expect(after.rollout, JSON.stringify(after)).toMatchObject({ stage: 'halted', signal: 'hurt' })
    expect(after.steps.at(-1).sentence).toBe('left is hurt by b at 50 %: back to nobody.')
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => decide(`carts-${i}`, 'cart')))
    expect(answers.every(({ content }) => content === 'plain')).toBe(true)
    // Who comes now could not have got it, and is nobody to compare with.
    const people = async () => {
      const { control, variants } = (await server.get('/v1/experiences/cart/impact')).json
      return [control, ...variants].map(({ variant, people }) => [variant, people])
    }
    const until = await people()
    await Promise.all(Array.from({ length: 30 }, (_, i) => decide(`stopped-${i}`, 'cart')))
    expect(await people()).toEqual(until)
    expect(until).toContainEqual(['b', shown.b!.seen])
    expect((await act('cart', { action: 'resume' })).json.rollout).toMatchObject({ stage: '1', signal: 'resumed' })
  })

  it('begins anew for another variant from its publication on, and may be stopped before anybody has looked at it', async () => {
    const publish = async (policy: object) => {
      const changes = [experience('fresh', policy)]
      const answer = await server.post('/v1/definitions', { changes })
      expect(answer.status, answer.text).toBe(200)
    }
    const shownTo = async (content: string) => {
      const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => decide(`fresh-${i}`, 'fresh')))
      return answers.filter(answer => answer.content === content).length
    }
    const spec = { kind: 'rollout', guardrails: ['left'], stagePeople: 20 }
    await server.post('/v1/definitions', { changes: [touchpoint('fresh')] })
    await publish({ ...spec, variant: 'a' })
    await server.services.learner.round()
    await server.services.models.change('main', 'fresh', record => ({
      record: { ...record, rollout: { stage: '100', since: now } },
    }))
    await server.services.definitions.refresh('main')
    expect(await shownTo('a')).toBeGreaterThan(20)
    // The same variant with something else in it: nobody has seen that.
    const other = experience('fresh', { ...spec, variant: 'a' })
    other.body.variants = other.body.variants.map(one => ({ ...one, content: { fresh: `${one.key}, better` } }))
    expect((await server.post('/v1/definitions', { changes: [other] })).status).toBe(200)
    expect(await shownTo('a, better')).toBeLessThan(12)
    await server.services.learner.round()
    const { rollout, steps } = await model('fresh')
    expect([rollout.stage, steps.at(-1).sentence]).toEqual(['1', 'a begins with new content at 1 %.'])
    await publish({ ...spec, variant: 'b' })
    // One in a hundred: of sixty people more than a dozen are so less than once in a million runs.
    expect(await shownTo('b')).toBeLessThan(12)
    expect((await model('fresh')).rollout).toBeNull()
    expect((await act('fresh', { action: 'stop' })).json.rollout).toMatchObject({ stage: 'halted', signal: 'stopped' })
    await server.services.learner.round()
    expect((await model('fresh')).rollout).toMatchObject({ stage: 'halted' })
    expect(await shownTo('b')).toBe(0)
  })

  it('stops when a quantile is hurt, and goes on when it is not', async () => {
    const visitAt = async (stage: string, name: string, ms: (variant: string | undefined) => number) => {
      await server.services.models.change('main', 'desk', record => ({
        record: { ...record, rollout: { stage: stage as '50', since: now } },
      }))
      await server.services.definitions.refresh('main')
      const values = (variant: string | undefined) => ({ ms: ms(variant) * (0.8 + 0.4 * rng.uniform()) })
      const shown = await visit(name, 240, 'desk', 'Loaded', () => 1, values)
      await server.services.shipper.drain(5000)
      now += DAY
      await server.services.learner.round()
      return { shown, after: await model('desk') }
    }
    const fine = await visitAt('25', 'quicker', variant => (variant === 'b' ? 150 : 200))
    expect(fine.shown.b!.seen).toBeGreaterThan(20)
    expect(fine.after.rollout, JSON.stringify(fine.after)).toMatchObject({ stage: '50', signal: 'well' })
    const slow = await visitAt('50', 'slowed', variant => (variant === 'b' ? 400 : 200))
    expect(slow.shown.b!.seen).toBeGreaterThan(70)
    expect(slow.after.rollout, JSON.stringify(slow.after)).toMatchObject({ stage: 'halted', signal: 'hurt' })
    expect(slow.after.steps.at(-1).sentence).toBe('slowest is hurt by b at 50 %: back to nobody.')
  })
})
