import { closedLoop } from './load.mjs'

const PLANS = ['free', 'basic', 'pro', 'team']

/** userId of person number i. */
export const userIdOf = i => `person-${i}`

/** Makes people `from` to `to` (exclusive) known: one identify each, in batches. Answers what `closedLoop` measured. */
export async function loadPeople(client, from, to, log, eventOf = personEvent) {
  let next = from
  const send = async () => {
    if (next >= to) return 0
    const first = next
    next = Math.min(to, next + 500)
    const batch = []
    for (let i = first; i < next; i++) batch.push(eventOf(i))
    await client.post('/v1/batch', JSON.stringify({ batch }))
    return next - first
  }
  const loaded = await closedLoop({ connections: 4, seconds: 3600, send })
  log(`${to} people known (${Math.round(loaded.rate)} events/s)`)
  return loaded
}

function personEvent(i) {
  return {
    type: 'identify',
    messageId: `load-${i}`,
    userId: userIdOf(i),
    anonymousId: `device-${i}`,
    traits: { plan: PLANS[i % 4], age: 18 + (i % 60), country: i % 3 === 0 ? 'DE' : 'US', newsletter: i % 2 === 0 },
    context: { locale: 'en-US', userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/138.0.0.0' },
  }
}

/** One touchpoint and ten experiences that could win it, each with an audience of several conditions. */
export function tenExperiences() {
  const content = headline => ({ 'home.hero': { headline, button: 'Go', image: `/images/${headline}.webp` } })
  const audiences = [
    {
      all: [
        { trait: 'plan', is: 'team' },
        { trait: 'age', gte: 65 },
        { context: 'device.type', is: 'tablet' },
      ],
    },
    {
      all: [
        { trait: 'plan', is: 'pro' },
        { did: 'Order Completed', atLeast: 3, within: '90d' },
      ],
    },
    {
      any: [
        { did: 'Product Viewed', atLeast: 5, within: '7d' },
        { did: 'Product Added', within: '1d' },
      ],
    },
    {
      all: [
        { trait: 'country', is: 'DE' },
        { trait: 'newsletter', is: true },
        { context: 'page.path', startsWith: '/sale' },
      ],
    },
    { all: [{ trait: 'age', lt: 25 }, { not: { did: 'Order Completed' } }, { trait: 'plan', in: ['basic', 'pro'] }] },
    { all: [{ trait: 'country', is: 'FR' }] },
    {
      all: [
        { trait: 'plan', is: 'basic' },
        { trait: 'age', gte: 40 },
      ],
    },
    {
      all: [
        { trait: 'newsletter', is: true },
        { trait: 'country', is: 'DE' },
      ],
    },
    {
      any: [
        { trait: 'plan', is: 'team' },
        { trait: 'plan', is: 'pro' },
      ],
    },
    undefined,
  ]
  return [
    { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: { headline: 'Hello' } } },
    ...audiences.map((audience, i) => ({
      kind: 'experience',
      key: `experience-${i}`,
      body: {
        tactic: 'content',
        touchpoints: ['home.hero'],
        priority: 10 - i,
        ...(audience && { audience }),
        variants: [
          { key: 'a', weight: 0.5, content: content(`a-${i}`) },
          { key: 'b', weight: 0.5, content: content(`b-${i}`) },
        ],
      },
    })),
  ]
}

/** The body of one person's decide request. */
export function decideBody(i) {
  return JSON.stringify({
    userId: userIdOf(i),
    touchpoints: ['home.hero'],
    context: { locale: 'en-US', page: { path: '/', url: 'https://shop.example/' }, device: { type: 'mobile' } },
  })
}
