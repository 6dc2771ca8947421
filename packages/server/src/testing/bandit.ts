import { expect } from 'vitest'
import type { TestServer } from './server.ts'

export interface BanditSetUp {
  /** The event that the experience is to bring about: its metric is the event in lower case. */
  readonly goal: string
  /** Events of further conversion metrics. */
  readonly others?: readonly string[]
  /** Share of people in the control group. */
  readonly control: number
  /** So many people a variant before the bandit learns. */
  readonly minimum: number
}

/** Publishes experience `hero`: a bandit over variants a and b at touchpoint `hero`, whose default is "plain". No holdout. */
export async function publishBandit(
  server: TestServer,
  { goal, others = [], control, minimum }: BanditSetUp,
): Promise<void> {
  const metrics = [goal, ...others].map(event => {
    return { kind: 'metric', key: event.toLowerCase(), body: { type: 'conversion', event, window: '1h' } }
  })
  const published = await server.post('/v1/definitions', {
    changes: [
      { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
      { kind: 'touchpoint', key: 'hero', body: { channel: 'web', default: 'plain' } },
      ...metrics,
      {
        kind: 'experience',
        key: 'hero',
        body: {
          tactic: 'content',
          touchpoints: ['hero'],
          control,
          goal: goal.toLowerCase(),
          policy: { kind: 'bandit', minimum, floor: 0.05 },
          variants: ['a', 'b'].map(key => ({ key, content: { hero: key } })),
        },
      },
    ],
  })
  expect(published.status, published.text).toBe(200)
}
