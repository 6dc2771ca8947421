import type { Experience, Metric, Settings, Touchpoint } from '@espalier/core/definition'
import type { Kpi } from './truth.ts'

type Change =
  | { kind: 'settings'; key: 'workspace'; body: Settings }
  | { kind: 'touchpoint'; key: string; body: Touchpoint }
  | { kind: 'metric'; key: Kpi; body: Metric }
  | { kind: 'experience'; key: string; body: DemoExperience }

/** Experiences of the demo say all that the planted truth needs. */
export type DemoExperience = Omit<Experience, 'goal' | 'control' | 'variants'> & {
  goal: Kpi
  control: number
  variants: { key: string; weight: number; content: Record<string, unknown> }[]
}

const headline = {
  type: 'object',
  required: ['headline'],
  properties: { headline: { type: 'string' }, image: { type: 'string' }, button: { type: 'string' } },
  additionalProperties: false,
}

const TOUCHPOINTS: Record<string, Touchpoint> = {
  'home.hero': {
    name: 'Hero of the home page',
    channel: 'web',
    stage: 'discover',
    schema: headline,
    default: { headline: 'Clothes that last' },
  },
  'home.recommendations': {
    name: 'Products below the hero',
    channel: 'web',
    stage: 'consider',
    default: { title: 'New in', strategy: 'newest' },
  },
  'cart.offer': {
    name: 'Line above the checkout button',
    channel: 'web',
    stage: 'buy',
    schema: headline,
    default: { headline: 'Free returns' },
  },
  'cart.email': {
    name: 'E-mail about an abandoned cart',
    channel: 'email',
    stage: 'buy',
    schema: headline,
    default: { headline: 'You left something in your cart' },
  },
}

const METRICS: Record<Kpi, Metric> = {
  'product-views': { name: 'Viewed a product', type: 'conversion', event: 'Product Viewed' },
  adds: { name: 'Put something into the cart', type: 'conversion', event: 'Product Added' },
  orders: { name: 'Ordered', type: 'conversion', event: 'Order Completed' },
  revenue: {
    name: 'Net revenue a person',
    type: 'sum',
    event: 'Order Completed',
    property: 'total',
    currency: 'USD',
    refund: { event: 'Order Refunded' },
  },
}

/**
 * Control groups of a third to a half: a minute of traffic is little, and the more even the groups the sooner a difference
 * shows. A shop with weeks of time would leave out a tenth.
 */
export const EXPERIENCES: Record<string, DemoExperience> = {
  'sale-hero': {
    name: 'Sale on top for people who look around a lot',
    hypothesis: 'Who has looked at three products within a month and not bought waits for a price.',
    tactic: 'content',
    touchpoints: ['home.hero'],
    audience: {
      all: [{ did: 'Product Viewed', atLeast: 3, within: '30d' }, { not: { trait: 'loyalty', is: 'gold' } }],
    },
    variants: [
      {
        key: 'sale',
        weight: 1,
        content: { 'home.hero': { headline: 'Up to 40 % off, this week only', button: 'To the sale' } },
      },
    ],
    control: 0.4,
    priority: 10,
    goal: 'revenue',
  },
  'welcome-hero': {
    name: 'Who we are, for people we hardly know',
    hypothesis: 'New people need a reason to look at a first product.',
    tactic: 'content',
    touchpoints: ['home.hero'],
    audience: { not: { did: 'Order Completed' } },
    variants: [
      {
        key: 'story',
        weight: 0.5,
        content: { 'home.hero': { headline: 'Made to be worn for ten years', button: 'How we make it' } },
      },
      {
        key: 'bestsellers',
        weight: 0.5,
        content: { 'home.hero': { headline: 'What everybody wears this autumn', button: 'Bestsellers' } },
      },
    ],
    control: 0.34,
    goal: 'product-views',
  },
  'picked-for-you': {
    name: 'Products picked for each person',
    hypothesis: 'Products near to what somebody looked at are put into the cart more often than the newest ones.',
    tactic: 'recommendation',
    touchpoints: ['home.recommendations'],
    variants: [
      {
        key: 'picked',
        weight: 1,
        content: { 'home.recommendations': { title: 'Picked for you', strategy: 'similar' } },
      },
    ],
    control: 0.5,
    goal: 'adds',
  },
  'cart-rescue': {
    name: 'One offer in the cart and in the e-mail about it',
    hypothesis: 'The last doubt is about the shipping costs, or about the price.',
    tactic: 'offer',
    touchpoints: ['cart.offer', 'cart.email'],
    variants: [
      {
        key: 'free-shipping',
        weight: 0.5,
        content: {
          'cart.offer': { headline: 'Shipping is on us today' },
          'cart.email': { headline: 'Your cart, and free shipping until tomorrow' },
        },
      },
      {
        key: 'ten-percent',
        weight: 0.5,
        content: {
          'cart.offer': { headline: '10 % off when you order today' },
          'cart.email': { headline: 'Your cart, 10 % off until tomorrow' },
        },
      },
    ],
    control: 0.34,
    goal: 'orders',
  },
}

/** All definitions of the demo, as POST /v1/definitions takes them. */
export const CHANGES: readonly Change[] = [
  {
    kind: 'settings',
    key: 'workspace',
    body: { name: 'Demo shop', timezone: 'UTC', currency: 'USD', requireUserHash: true },
  },
  ...Object.entries(TOUCHPOINTS).map(([key, body]): Change => ({ kind: 'touchpoint', key, body })),
  ...Object.entries(METRICS).map(([key, body]): Change => ({ kind: 'metric', key: key as Kpi, body })),
  ...Object.entries(EXPERIENCES).map(([key, body]): Change => ({ kind: 'experience', key, body })),
]
