import { fitEncoding, learnerOf, train } from '@espalier/core/policy'
import { random } from '@espalier/core/random'
import { userIdOf } from './people.mjs'

const TOUCHPOINTS = 10
/** At each touchpoint; the last of them is for everybody. */
const EXPERIENCES = 5
/** Touchpoints whose first experience is a contextual bandit for everybody. */
const CONTEXTUAL = 3
const ARMS = ['a', 'b', 'c', 'd']
const DAY = 86_400_000

export const touchpointKeys = Array.from({ length: TOUCHPOINTS }, (_, i) => `place-${i}`)

/** 16 inputs, of traits and of the context: 12 numbers, 2 conditions, 2 categories of 3 levels; 21 columns with the constant. */
const INPUTS = [
  ...Array.from({ length: 6 }, (_, i) => ({ key: `n${i}`, kind: 'numeric', from: { trait: `n${i}` } })),
  ...Array.from({ length: 6 }, (_, i) => ({ key: `m${i}`, kind: 'numeric', from: { context: `m${i}` } })),
  { key: 'pro', kind: 'boolean', from: { when: { trait: 'plan', is: 'pro' } } },
  { key: 'sale', kind: 'boolean', from: { when: { context: 'page.path', startsWith: '/sale' } } },
  { key: 'plan', kind: 'categorical', from: { trait: 'plan' }, levels: ['free', 'basic', 'pro'] },
  { key: 'device', kind: 'categorical', from: { context: 'device.type' }, levels: ['mobile', 'tablet', 'desktop'] },
]

/** What people say of themselves, by number. */
export function richTraits(i) {
  const rng = random(`rich ${i}`)
  return {
    plan: rng.pick(['free', 'basic', 'pro', 'team']),
    age: 18 + (i % 60),
    country: rng.pick(['DE', 'US', 'FR', 'JP']),
    newsletter: rng.chance(0.5),
    orders: i % 12,
    ...Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`n${n}`, Number(rng.normal().toFixed(3))])),
  }
}

/** What their client says, by number. */
export function richContext(i) {
  const rng = random(`context ${i}`)
  return {
    locale: rng.pick(['en-US', 'de-DE']),
    page: { path: rng.pick(['/', '/sale/shoes', '/cart', '/blog']), url: 'https://shop.example/' },
    device: { type: rng.pick(['mobile', 'tablet', 'desktop']) },
    ...Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`m${n}`, Number(rng.normal().toFixed(3))])),
  }
}

/** Conditions as teams write them, over what everybody has. */
function audience(i) {
  const plan = ['free', 'basic', 'pro', 'team'][i % 4]
  const country = ['DE', 'US', 'FR', 'JP'][(i >> 1) % 4]
  const conditions = [
    {
      all: [
        { trait: 'plan', is: plan },
        { trait: 'age', gte: 30 + i },
        { context: 'device.type', is: 'tablet' },
      ],
    },
    {
      all: [
        { trait: 'country', in: [country, 'DE'] },
        { trait: 'orders', gte: 6 + (i % 5) },
        { trait: 'newsletter', is: true },
      ],
    },
    {
      any: [
        {
          all: [
            { context: 'page.path', startsWith: '/sale' },
            { trait: 'plan', is: plan },
          ],
        },
        { trait: 'age', lt: 19 + (i % 3) },
      ],
    },
    {
      all: [
        { trait: 'age', gte: 20 + i, lt: 28 + i },
        { not: { trait: 'country', is: country } },
        { trait: 'orders', lt: 9 },
      ],
    },
  ]
  return conditions[i % conditions.length]
}

/**
 * Fifty live experiences at ten touchpoints.
 *
 * @param {object} [options] `contextual`: the first of three touchpoints is a contextual bandit; without it all are splits.
 *   `leftOut`: with control groups and a holdout, as they are by default.
 */
export function richSet({ contextual = true, leftOut = true } = {}) {
  const experiences = touchpointKeys.flatMap((touchpoint, t) =>
    Array.from({ length: EXPERIENCES }, (_, e) => {
      const learns = contextual && t < CONTEXTUAL && e === 0
      const arms = learns ? ARMS : ARMS.slice(0, 2 + ((t + e) % 3))
      const weights = [
        [0.5, 0.5],
        [0.5, 0.3, 0.2],
        [0.4, 0.3, 0.2, 0.1],
      ][arms.length - 2]
      const content = key => ({ headline: `${key} of ${touchpoint}`, button: 'Go', image: `/images/${key}.webp` })
      return {
        kind: 'experience',
        key: `experience-${t}-${e}`,
        body: {
          tactic: 'content',
          touchpoints: [touchpoint],
          priority: EXPERIENCES - e,
          ...(learns ? { policy: { kind: 'contextual', inputs: INPUTS }, goal: 'bought' } : {}),
          ...(learns || e === EXPERIENCES - 1 ? {} : { audience: audience(t * EXPERIENCES + e) }),
          ...(leftOut ? {} : { control: 0 }),
          variants: arms.map((key, i) => ({ key, weight: weights[i], content: { [touchpoint]: content(key) } })),
        },
      }
    }),
  )
  return [
    { kind: 'settings', key: 'workspace', body: leftOut ? {} : { holdout: 0 } },
    { kind: 'metric', key: 'bought', body: { type: 'conversion', event: 'Order Completed', window: '7d' } },
    ...touchpointKeys.map(key => ({
      kind: 'touchpoint',
      key,
      body: { channel: 'web', default: { headline: 'Hello', button: 'Go', image: '/images/default.webp' } },
    })),
    ...experiences,
  ]
}

/** The bandits' keys, and a logistic model for each, trained of 4,000 rows. */
export function richModels() {
  const spec = { kind: 'contextual', inputs: INPUTS }
  const learner = learnerOf(spec, { variants: ARMS, encoding: fitEncoding(INPUTS, {}) })
  const rows = Array.from({ length: 4000 }, (_, i) => {
    const [traits, context] = [richTraits(i), richContext(i)]
    const pro = traits.plan === 'pro'
    const sale = context.page.path.startsWith('/sale')
    const inputs = { ...traits, ...context, pro, sale, plan: traits.plan, device: context.device.type }
    const arm = i % ARMS.length
    const score = -1 + 0.5 * traits[`n${arm}`] + (pro === arm < 2 ? 0.4 : -0.4)
    const reward = Number(random(`reward ${i}`).chance(1 / (1 + Math.exp(-score))))
    return { variant: ARMS[arm], propensity: 0.25, reward, decidedAt: 0, closesAt: DAY, inputs }
  })
  const { model } = train(learner, undefined, rows, 3 * DAY)
  return Array.from({ length: CONTEXTUAL }, (_, t) => ({ experience: `experience-${t}-0`, model }))
}

export function richPerson(i) {
  return {
    type: 'identify',
    messageId: `load-${i}`,
    userId: userIdOf(i),
    anonymousId: `device-${i}`,
    traits: richTraits(i),
    context: { locale: 'en-US', userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/138.0.0.0' },
  }
}

const CONTEXTS = 5000
const rests = []

/** The body of one person's decide request: all ten touchpoints. Most of it is made once, so that making it does not hold the load back. */
export function richBody(i) {
  const n = i % CONTEXTS
  rests[n] ??= JSON.stringify({ touchpoints: touchpointKeys, context: richContext(n) }).slice(1)
  return `{"userId":"${userIdOf(i)}",${rests[n]}`
}
