import { expect, it } from 'vitest'
import type { PolicySpec } from '../policy/spec.ts'
import type { Stage } from '../policy/stages.ts'
import { betaModel, DAY, linearModel } from '../policy/testing.ts'
import { compile } from './compile.ts'
import { decide } from './decide.ts'
import { type Learned, policiesOf } from './policies.ts'
import { rolledOutBy, rolloutOf } from './rolledOut.ts'
import { catalogOf, personOf, setOf } from './testing.ts'

const people = Array.from({ length: 2000 }, (_, i) => `${(i * 2_654_435_761) >>> 0}`)

function published(policy: PolicySpec | undefined) {
  const body = {
    tactic: 'content',
    touchpoints: ['hero'],
    control: 0.2,
    goal: 'bought',
    variants: ['a', 'b'].map(key => ({ key, content: { hero: key } })),
    ...(policy && { policy }),
  }
  return setOf({
    settings: { workspace: { version: 1, body: { holdout: 0.05 } } },
    touchpoint: { hero: { version: 1, body: { channel: 'web', default: 'plain' } } },
    segment: { pro: { version: 1, body: { condition: { trait: 'plan', is: 'pro' } } } },
    experience: { welcome: { version: 3, body } },
  })
}

function asker(policy: PolicySpec | undefined, learned?: Learned) {
  const set = published(policy)
  const compiled = compile(
    set,
    policiesOf(set, key => (key === 'welcome' ? learned : undefined)),
  )
  return (bucketKey: string, given: { traits?: object; context?: object; now?: number } = {}) =>
    decide({
      set: compiled,
      profile: personOf({ bucketKey, traits: (given.traits ?? {}) as never }),
      context: (given.context ?? {}) as never,
      now: given.now ?? DAY,
      touchpoints: ['hero'],
      items: catalogOf({}),
    })
}

it('R6 a split says what an experience without a policy says, in every byte', () => {
  const [before, split] = [asker(undefined), asker({ kind: 'split' })]
  expect(people.map(key => JSON.stringify(split(key)))).toEqual(people.map(key => JSON.stringify(before(key))))
})

it('R7 rules go by the set’s conditions, and what they look at is logged', () => {
  const ask = asker({
    kind: 'rules',
    rules: [
      { when: { segment: 'pro' }, variant: 'b' },
      { when: { context: 'page.path', startsWith: '/sale' }, variant: 'a' },
    ],
  })
  const free = people.filter(key => !ask(key).answers[0]!.control && !ask(key).answers[0]!.holdout).slice(0, 20)
  for (const key of free) {
    const pro = ask(key, { traits: { plan: 'pro' }, context: { page: { path: '/sale/1' } } })
    expect(pro.answers[0]).toMatchObject({ reason: 'assigned', variant: 'b', propensity: 0.8 })
    expect(pro.inputs).toMatchObject({ traits: { plan: 'pro' }, facts: { 'segment:pro': true } })
    expect(ask(key, { context: { page: { path: '/sale/1' } } }).answers[0]!.variant).toBe('a')
    const nobody = ask(key).answers[0]!
    expect(nobody).toMatchObject({
      reason: 'default',
      content: 'plain',
      experience: 'welcome',
      version: 3,
      control: false,
    })
    expect(nobody).not.toHaveProperty('variant')
    expect(nobody.propensity).toBe(0.8)
  }
  const plain = asker(undefined)
  expect(people.map(key => ask(key).answers[0]!.control)).toEqual(people.map(key => plain(key).answers[0]!.control))
})

it('R7 a bandit serves the split until it knows enough, then its model, whose version and chances are logged', () => {
  const spec: PolicySpec = { kind: 'bandit', floor: 0.05 }
  const model = betaModel(7, { a: [10, 990], b: [200, 800] })
  const ask = asker(spec, { models: [{ from: 2 * DAY, model }] })
  const count = (now: number) => {
    const shown = people.map(key => ask(key, { now }).answers[0]!).filter(answer => answer.variant !== undefined)
    return { share: shown.filter(answer => answer.variant === 'b').length / shown.length, shown }
  }
  const before = count(DAY)
  expect(before.share).toBeCloseTo(0.5, 1)
  expect(before.shown[0]).not.toHaveProperty('model')
  const after = count(2 * DAY)
  expect(after.share).toBeCloseTo(0.95, 1)
  expect(new Set(after.shown.map(answer => answer.model))).toEqual(new Set(['7']))
  // Control's share apart, what is logged is what was drawn from: it sums to 1 over the variants.
  const chance = (variant: string) => after.shown.find(answer => answer.variant === variant)!.propensity
  expect(chance('a') + chance('b')).toBeCloseTo(0.8, 12)
  expect(chance('b')).toBeCloseTo(0.8 * 0.95, 3)
})

it('a contextual bandit reads traits, context, computed traits and conditions, and logs each', () => {
  const spec: PolicySpec = {
    kind: 'contextual',
    inputs: [
      { key: 'age', kind: 'numeric', from: { trait: 'age' } },
      { key: 'device', kind: 'categorical', from: { context: 'device.type' }, levels: ['phone', 'desk'] },
      { key: 'pro', kind: 'boolean', from: { when: { segment: 'pro' } } },
    ],
  }
  const encoding = {
    inputs: [
      { key: 'age', kind: 'numeric', mean: 40, sd: 10 },
      { key: 'device', kind: 'categorical', levels: ['phone', 'desk'] },
      { key: 'pro', kind: 'boolean' },
    ],
  } as const
  const model = linearModel(3, encoding, {
    a: { mean: [0, 0, 0, 0, 1], sd: 0.01 },
    b: { mean: [0, 0, 0, 0, -1], sd: 0.01 },
  })
  const ask = asker({ ...spec, reward: 'value' }, { models: [{ from: 0, model }] })
  const key = people.find(key => ask(key).answers[0]!.variant !== undefined)!
  const pro = ask(key, { traits: { plan: 'pro', age: 30 }, context: { device: { type: 'phone' } } })
  expect(pro.answers[0]).toMatchObject({ model: '3' })
  expect(pro.inputs).toEqual({
    traits: { age: 30, plan: 'pro' },
    signals: {},
    // As it was sent it stands in the row by itself.
    context: {},
    facts: { 'segment:pro': true, 'input:welcome:pro': true },
  })
  const shown = (traits: object) =>
    people.map(key => ask(key, { traits }).answers[0]!.variant).filter(variant => variant === 'a').length
  expect(shown({ plan: 'pro' })).toBeGreaterThan(1400)
  expect(shown({ plan: 'free' })).toBeLessThan(50)
  // The definition has changed since: the model fits no more, and the split is served.
  const other = asker({ ...spec, reward: 'conversion' }, { models: [{ from: 0, model }] })
  expect(other(key).answers[0]).not.toHaveProperty('model')
})

it('a rollout begins with one in a hundred, the rest gets the default content with its chance', () => {
  const spec: PolicySpec = { kind: 'rollout', variant: 'b', guardrails: ['bounced'] }
  const first = asker(spec)
  const start = people.map(key => first(key).answers[0]!)
  const half = asker(spec, { rollout: { stage: '50', since: 0 }, rolledOut: 'b' })
  const reached = start.filter(answer => answer.variant === 'b')
  expect(reached.length).toBeGreaterThan(3)
  expect(reached.length).toBeLessThan(40)
  expect(start.find(answer => answer.reason === 'default')!.propensity).toBeCloseTo(0.8 * 0.99, 12)
  for (const [i, key] of people.entries()) {
    if (start[i]!.variant === 'b') expect(half(key).answers[0]!.variant).toBe('b')
  }
  // What another variant has come to says nothing of this one.
  const other = asker(spec, { rollout: { stage: '100', since: 0 }, rolledOut: 'a' })
  expect(people.map(key => other(key).answers[0]!)).toEqual(start)
})

it('a rollout of new content under the same variant begins anew; one that is stopped stays so', () => {
  const [a, b] = [{ hero: 'A' }, { hero: 'B', mail: 1 }]
  const experience = (content: object, more: object = {}) =>
    ({
      policy: { kind: 'rollout', variant: 'b', guardrails: ['bounced'] },
      variants: [
        { key: 'a', content: a },
        { key: 'b', content, ...more },
      ],
    }) as unknown as Parameters<typeof rolledOutBy>[0]
  const before = rolledOutBy(experience(b))!
  const record = (stage: Stage) =>
    ({ rollout: { stage, since: 0 }, rolledOut: 'b', rolledOutContent: before.content }) as const
  const stageOf = (stage: Stage, now: Parameters<typeof rolledOutBy>[0]) =>
    rolloutOf(record(stage), rolledOutBy(now)!)?.stage
  expect(stageOf('50', experience({ mail: 1, hero: 'B' }, { weight: 0.3, name: 'Bold' }))).toBe('50')
  for (const changed of [experience({ ...b, hero: 'C' }), experience(b, { price: { percent: -5 } })]) {
    expect(stageOf('50', changed)).toBeUndefined()
    expect(stageOf('halted', changed)).toBe('halted')
  }
  // Of a rollout from before it was kept what it was of.
  expect(rolloutOf({ rollout: { stage: '50', since: 0 }, rolledOut: 'b' }, before)?.stage).toBe('50')
  expect(rolledOutBy({ ...experience(b), policy: { kind: 'split' } })).toBeUndefined()

  const spec: PolicySpec = { kind: 'rollout', variant: 'b', guardrails: ['bounced'] }
  const reached = (more: object) => {
    const ask = asker(spec, { rollout: { stage: '50', since: 0 }, rolledOut: 'b', ...more })
    return people.filter(key => ask(key).answers[0]!.variant)
  }
  const fresh = reached({ rolledOutContent: 'of something else' })
  expect(fresh.length).toBeLessThan(40)
  expect(reached({}).length).toBeGreaterThan(10 * fresh.length)
})
