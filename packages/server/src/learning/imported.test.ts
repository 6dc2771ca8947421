import { random } from '@espalier/core/random'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer } from '../testing/server.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 2, 10, 12)
const FILE = 'a'.repeat(64)
let server: TestServer

/** What was drawn with, among all people; '' is the control group. */
const CHANCES = { a: 0.5, b: 0.3, '': 0.2 }
type Arm = keyof typeof CHANCES

interface Person {
  readonly id: string
  readonly arm: Arm
  readonly isPro: boolean
  readonly reward: 0 | 1
}

const rng = random('imported decisions')
const people: readonly Person[] = Array.from({ length: 600 }, (_, i) => {
  const point = rng.uniform()
  const arm = point < 0.5 ? 'a' : point < 0.8 ? 'b' : ''
  const isPro = i % 3 === 0
  const chance = arm === '' ? 0.1 : (arm === 'a') === isPro ? 0.6 : 0.2
  return { id: `person-${i}`, arm, isPro, reward: rng.chance(chance) ? 1 : 0 }
})

/** By the definition: a weighted sum over everybody, divided by how many they are, or by the weights. */
function bruteForce(target: (person: Person) => Arm, some: readonly Person[] = people) {
  let [weights, rewards] = [0, 0]
  for (const person of some) {
    const weight = target(person) === person.arm ? 1 / CHANCES[person.arm] : 0
    weights += weight
    rewards += weight * person.reward
  }
  return { ips: rewards / some.length, snips: rewards / weights }
}

const variants = ['a', 'b'].map(key => ({ key, content: { mail: key } }))
const experience = (key: string) => ({
  kind: 'experience',
  key,
  body: { tactic: 'content', touchpoints: ['mail'], goal: 'bought', variants },
})

async function take(key: string, propensityOf: (person: Person) => number | undefined, file: string) {
  const items = people.flatMap(({ id, arm, isPro, reward }, i) => {
    const decision = {
      row: 2 * i,
      type: 'decision',
      userId: `${key}-${id}`,
      timestamp: START,
      touchpoint: 'mail',
      experience: key,
      variant: arm,
      propensity: propensityOf({ id, arm, isPro, reward }),
      context: { plan: isPro ? 'pro' : 'free' },
    }
    const bought = {
      row: 2 * i + 1,
      type: 'track',
      userId: `${key}-${id}`,
      event: 'Bought',
      timestamp: new Date(START + 3_600_000).toISOString(),
    }
    return reward === 1 ? [decision, bought] : [decision]
  })
  const answer = await server.post('/v1/import', { file, items }, { key: SECRET_KEY })
  expect(answer.json).toMatchObject({ stored: items.length, errors: [] })
}

beforeAll(async () => {
  server = await testServer({}, { now: () => START + 10 * DAY })
  await server.services.learner.stop()
  const published = await server.post('/v1/definitions', {
    changes: [
      { kind: 'touchpoint', key: 'mail', body: { channel: 'email', default: 'plain' } },
      { kind: 'metric', key: 'bought', body: { type: 'conversion', event: 'Bought', window: '1d' } },
      ...['mailing', 'untold', 'partly', 'among', 'anew', 'kept'].map(experience),
    ],
  })
  expect(published.status, published.text).toBe(200)
  await take('mailing', ({ arm }) => CHANCES[arm], FILE)
}, 300_000)
afterAll(() => server.stop())

async function ask(policy: object, key = 'mailing') {
  const { status, json, text } = await server.post('/v1/whatif', { experience: key, policy })
  expect(status, text).toBe(200)
  expect(text).not.toMatch(/NaN|Infinity/)
  return json
}

describe('POST /v1/whatif on imported decisions', () => {
  it('R7 their control group is an arm of what ran, so IPS and SNIPS are those of the definition', async () => {
    for (const arm of ['a', 'b'] as const) {
      const report = await ask({ kind: 'fixed', variant: arm })
      expect(report.verdict, report.sentence).toBe('answered')
      const { ips, snips } = bruteForce(() => arm)
      expect(report.estimators.ips.value).toBeCloseTo(ips, 9)
      expect(report.estimators.snips.value).toBeCloseTo(snips, 9)
      expect(report.overlap.decisions).toBe(people.length)
      expect(report.overlap.arms.map((one: { shown: number }) => one.shown)).toEqual(
        ['a', 'b', ''].map(key => people.filter(person => person.arm === key).length),
      )
    }
  })

  it('the default content for everybody is judged by the control group', async () => {
    const report = await ask({ kind: 'control' })
    expect(report.verdict, report.sentence).toBe('answered')
    const { ips, snips } = bruteForce(() => '')
    expect(report.estimators.ips.value).toBeCloseTo(ips, 9)
    expect(report.estimators.snips.value).toBeCloseTo(snips, 9)
  })

  it('rules ask for the context they were imported with; whom none names gets the default content', async () => {
    const rules = [{ when: { context: 'plan', is: 'pro' }, variant: 'a' }]
    const best = await ask({ kind: 'rules', rules, otherwise: 'b' })
    expect(best.verdict, best.sentence).toBe('answered')
    const truth = bruteForce(({ isPro }) => (isPro ? 'a' : 'b'))
    expect(best.estimators.ips.value).toBeCloseTo(truth.ips, 9)
    expect(best.estimators.snips.value).toBeCloseTo(truth.snips, 9)
    const some = await ask({ kind: 'rules', rules })
    expect(some.verdict, some.sentence).toBe('answered')
    expect(some.estimators.ips.value).toBeCloseTo(bruteForce(({ isPro }) => (isPro ? 'a' : '')).ips, 9)
  })

  it('a variant that the experience has no more is a part of what ran, and one that it never had is a mistake', async () => {
    const publish = async (...keys: string[]) => {
      const body = { ...experience('changed').body, variants: keys.map(key => ({ key, content: { mail: key } })) }
      const changes = [{ kind: 'experience', key: 'changed', body }]
      expect((await server.post('/v1/definitions', { changes })).status).toBe(200)
    }
    await publish('a', 'b')
    await take('changed', ({ arm }) => CHANCES[arm], '7'.repeat(64))
    await publish('a', 'c')
    const fixed = await ask({ kind: 'fixed', variant: 'a' }, 'changed')
    expect(fixed.verdict, fixed.sentence).toBe('answered')
    expect(fixed.estimators.ips.value).toBeCloseTo(bruteForce(() => 'a').ips, 9)
    expect(fixed.logged.value).toBeCloseTo(people.reduce((sum, { reward }) => sum + reward, 0) / people.length, 9)
    const rules = [{ when: { context: 'plan', is: 'pro' }, variant: 'a' }]
    const ruled = await ask({ kind: 'rules', rules }, 'changed')
    expect(ruled.verdict, ruled.sentence).toBe('answered')
    expect(ruled.estimators.ips.value).toBeCloseTo(bruteForce(({ isPro }) => (isPro ? 'a' : '')).ips, 9)
    const control = await ask({ kind: 'control' }, 'changed')
    expect(control.estimators.ips.value).toBeCloseTo(bruteForce(() => '').ips, 9)
    // Nobody was shown what came later; and nothing tells of what never was.
    expect(await ask({ kind: 'fixed', variant: 'c' }, 'changed')).toMatchObject({ verdict: 'refused' })
    const shown = { touchpoint: 'mail', experience: 'changed', variant: 'z', propensity: 0.5 }
    const stray = { row: 0, type: 'decision', userId: 'x', timestamp: START, ...shown }
    await server.post('/v1/import', { file: '8'.repeat(64), items: [stray] }, { key: SECRET_KEY })
    expect((await ask({ kind: 'fixed', variant: 'a' }, 'changed')).sentence).toContain('1 with an unknown variant')
  })

  it('refuses what no imported decision tells, with what would be needed', async () => {
    const report = await ask({ kind: 'rules', rules: [{ when: { trait: 'plan', is: 'pro' }, variant: 'a' }] })
    expect(report).toMatchObject({ verdict: 'refused', sentence: expect.stringContaining('ask for it as context') })
  })

  it('refuses where nobody wrote down the chances', async () => {
    await take('untold', () => 1, 'b'.repeat(64))
    const report = await ask({ kind: 'fixed', variant: 'a' }, 'untold')
    expect(report.verdict).toBe('refused')
    expect(report.sentence).toContain('the propensities in the log are not those that were drawn with')
  })

  it('refuses where nobody wrote down some of the chances, whatever the others are', async () => {
    const few = new Set(people.slice(0, 20).map(({ id }) => id))
    await take('partly', ({ id, arm }) => (few.has(id) ? undefined : CHANCES[arm]), 'e'.repeat(64))
    const missing = people.slice(0, 20).filter(({ arm }) => arm !== '').length
    const rules = [{ when: { context: 'plan', is: 'pro' }, variant: 'a' }]
    for (const policy of [
      { kind: 'fixed', variant: 'a' },
      { kind: 'rules', rules, otherwise: 'b' },
    ]) {
      const report = await ask(policy, 'partly')
      expect(report.verdict).toBe('refused')
      expect(report.sentence).toContain(`cannot be used: ${missing} with no propensity`)
    }
  })

  it('of people who were drawn for anew several times a day each decision counts by itself', async () => {
    const draws = people.flatMap((person, i) =>
      [0, 1, 2].map(hour => {
        const point = rng.uniform()
        const arm: Arm = point < 0.5 ? 'a' : point < 0.8 ? 'b' : ''
        const reward: 0 | 1 = rng.chance(arm === 'a' ? 0.4 : 0.2) ? 1 : 0
        return { ...person, arm, reward, at: START + 60_000 * i + 3_600_000 * hour }
      }),
    )
    const items = draws.flatMap(({ id, arm, reward, at }, i) => {
      const decision = { touchpoint: 'mail', experience: 'anew', variant: arm, propensity: CHANCES[arm] }
      const common = { row: 2 * i, userId: `anew-${id}` }
      return [
        { ...common, type: 'decision', timestamp: at, ...decision },
        ...(reward === 0
          ? []
          : [
              {
                ...common,
                row: 2 * i + 1,
                type: 'track',
                event: 'Bought',
                timestamp: new Date(at + 60_000).toISOString(),
              },
            ]),
      ]
    })
    const answer = await server.post('/v1/import', { file: 'f'.repeat(64), items }, { key: SECRET_KEY })
    expect(answer.json).toMatchObject({ stored: items.length, errors: [] })
    for (const arm of ['a', 'b'] as const) {
      const report = await ask({ kind: 'fixed', variant: arm }, 'anew')
      expect(report.verdict, report.sentence).toBe('answered')
      const { ips, snips } = bruteForce(() => arm, draws)
      expect(report.estimators.ips.value).toBeCloseTo(ips, 9)
      expect(report.estimators.snips.value).toBeCloseTo(snips, 9)
      expect(report.overlap).toMatchObject({ decisions: draws.length, people: people.length })
      expect(report.notes[0]).toContain('each counts by itself')
    }
    const ruled = await ask(
      { kind: 'rules', rules: [{ when: { context: 'plan', is: 'pro' }, variant: 'b' }], otherwise: 'a' },
      'anew',
    )
    expect(ruled.verdict, ruled.sentence).toBe('answered')
    expect(ruled.estimators.ips.value).toBeCloseTo(bruteForce(() => 'a', draws).ips, 9)
  })

  it('people who keep what they have are rows a person and day, though some of them became one', async () => {
    const kept = people.filter(({ arm }) => arm !== '')
    const days = kept.flatMap((person, i) =>
      // Every twentieth was somebody else on their phone, with another variant.
      i % 20 === 0
        ? [person, { ...person, arm: person.arm === 'a' ? ('b' as const) : ('a' as const) }]
        : [person, person],
    )
    const items = days.map(({ id, arm }, row) => ({
      row,
      type: 'decision',
      userId: `kept-${id}`,
      timestamp: START + 60_000 * row,
      touchpoint: 'mail',
      experience: 'kept',
      variant: arm,
      propensity: CHANCES[arm] / 0.8,
    }))
    const answer = await server.post('/v1/import', { file: '9'.repeat(64), items }, { key: SECRET_KEY })
    expect(answer.json).toMatchObject({ stored: items.length, errors: [] })
    const report = await ask({ kind: 'fixed', variant: 'a' }, 'kept')
    expect(report.overlap.decisions).toBe(kept.length)
    expect(report.notes).toEqual([])
  })

  it('a policy that learns needs decisions later than those it learned from, and is told so', async () => {
    const report = await ask({ kind: 'bandit' })
    expect(report.verdict).toBe('refused')
    expect(report.sentence).toContain('do not reach into another draw period (1d): let it run on')
  })

  it('chances among those who were not in the control group do as well: then its own is 1, and it is left out', async () => {
    await take('among', ({ arm }) => (arm === '' ? 1 : CHANCES[arm] / 0.8), 'c'.repeat(64))
    const report = await ask({ kind: 'fixed', variant: 'a' }, 'among')
    expect(report.verdict, report.sentence).toBe('answered')
    const { ips, snips } = bruteForce(
      () => 'a',
      people.filter(({ arm }) => arm !== ''),
    )
    // The weights are 0.8 of those among all people.
    expect(report.estimators.ips.value).toBeCloseTo(0.8 * ips, 9)
    expect(report.estimators.snips.value).toBeCloseTo(snips, 9)
  })
})
