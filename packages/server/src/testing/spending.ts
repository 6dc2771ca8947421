import { expect } from 'vitest'
import { SECRET_KEY, type TestServer } from './server.ts'

export interface SpendingSetUp {
  /** Share of people in the control group. */
  readonly control: number
  readonly policy: object
  readonly variants: readonly string[]
}

/** Publishes experience `hero` at touchpoint `home`, whose default is "plain"; its goal is what people spend within the hour. No holdout. */
export async function publishSpending(server: TestServer, { control, policy, variants }: SpendingSetUp): Promise<void> {
  const experience = {
    tactic: 'content',
    touchpoints: ['home'],
    goal: 'spent',
    control,
    policy,
    variants: variants.map(key => ({ key, content: { home: key } })),
  }
  const changes = [
    { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
    { kind: 'touchpoint', key: 'home', body: { channel: 'web', default: 'plain' } },
    { kind: 'metric', key: 'spent', body: { type: 'sum', event: 'Bought', property: 'amount', window: '1h' } },
    { kind: 'experience', key: 'hero', body: experience },
  ]
  expect((await server.post('/v1/definitions', { changes })).status).toBe(200)
}

/** One person who is shown `home`. */
export interface Shopper {
  readonly userId: string
  readonly context?: object
  /** What they spend once they know what they were shown; `variant` is undefined for the default content. */
  readonly spends: (shown: { readonly control: boolean; readonly variant?: string }) => number
}

/** All are shown `home`, a few at a time, and spend. */
export async function shop(server: TestServer, shoppers: readonly Shopper[]): Promise<void> {
  const batch: object[] = []
  const one = async ({ userId, context, spends }: Shopper) => {
    const asked = { userId, touchpoints: ['home'], expose: true, ...(context && { context }) }
    const { home } = (await server.post('/v1/decide', asked, { key: SECRET_KEY })).json.answers
    batch.push({ type: 'track', userId, event: 'Bought', properties: { amount: spends(home) } })
  }
  for (let i = 0; i < shoppers.length; i += 16) await Promise.all(shoppers.slice(i, i + 16).map(one))
  expect((await server.post('/v1/batch', { batch })).status).toBe(200)
}
