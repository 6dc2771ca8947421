import { expect, it } from 'vitest'
import { compile } from './compile.ts'
import { decide } from './decide.ts'
import type { CompiledPolicy } from './policy.ts'
import { decisionRow } from './row.ts'
import { catalogOf, personOf, setOf } from './testing.ts'

const body = {
  tactic: 'content',
  touchpoints: ['hero', 'mail'],
  control: 0.2,
  variants: ['a', 'b'].map(key => ({ key, content: { hero: key, mail: key } })),
}
const published = setOf({
  settings: { workspace: { version: 1, body: { holdout: 0 } } },
  touchpoint: { hero: { version: 1, body: { channel: 'web' } }, mail: { version: 1, body: { channel: 'email' } } },
  experience: { welcome: { version: 1, body } },
})

/** Those with a plan mostly get the second variant. */
const byPlan: CompiledPolicy = {
  reads: { traits: ['plan'], signals: [], context: [], facts: [] },
  choose: ({ profile }, bucketKey) => {
    const planned = profile.traits.plan !== undefined
    const variant = bucketKey.startsWith('0') !== planned ? 0 : 1
    return { variant, propensity: planned === (variant === 1) ? 0.75 : 0.25, model: 'm7' }
  },
}

const bucketKeys = Array.from({ length: 400 }, (_, i) => (i * 2_654_435_761).toString(16).padStart(16, '0'))
const withPolicy = compile(published, ({ key }) => (key === 'welcome' ? byPlan : undefined))
const withoutPolicy = compile(published)
const ask = (bucketKey: string, traits = {}) =>
  decide({
    set: withPolicy,
    profile: personOf({ bucketKey, traits }),
    context: {},
    now: 0,
    touchpoints: ['hero', 'mail'],
    items: catalogOf({}),
  })

it('R7 a policy’s choice has its own propensity and model, times the share that is not control', () => {
  const decision = bucketKeys.map(key => ask(key, { plan: 'pro' })).find(({ answers }) => answers[0]?.variant === 'b')!
  expect(decision.answers).toMatchObject([
    { touchpoint: 'hero', variant: 'b', content: 'b', model: 'm7' },
    { touchpoint: 'mail', variant: 'b', content: 'b', model: 'm7' },
  ])
  expect(decision.answers[0]?.propensity).toBeCloseTo(0.8 * 0.75, 12)
  expect(decision.inputs.traits).toEqual({ plan: 'pro' })
  const row = decisionRow({
    workspace: 'w',
    profile: 'p',
    bucketKey: '0',
    requestId: 'r',
    timestamp: 1,
    definitions: 1,
    context: {},
    decision,
  })
  expect(row?.['answers.model']).toEqual(['m7', 'm7'])
})

it('R6 the control group is drawn before the policy and is who it was without it', () => {
  const bySplit = (bucketKey: string) =>
    decide({
      set: withoutPolicy,
      profile: personOf({ bucketKey }),
      context: {},
      now: 0,
      touchpoints: ['hero'],
      items: catalogOf({}),
    }).answers[0]?.control
  expect(bucketKeys.map(key => ask(key).answers[0]?.control)).toEqual(bucketKeys.map(bySplit))
  expect(bucketKeys.filter(bySplit).length).toBeGreaterThan(40)
})
