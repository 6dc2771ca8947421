import { describe, expect, it } from 'vitest'
import { complete, normalise } from './normalise.ts'
import { VALID } from './testing.ts'

describe('normalise', () => {
  it('fills in every default', () => {
    expect(
      complete('experience', {
        tactic: 'offer',
        touchpoints: ['t'],
        audience: { any: [{ did: 'A' }, { not: { all: [{ did: 'B', atLeast: 3 }] } }] },
        variants: ['a', 'b', 'c', 'd'].map(key => ({ key, content: { t: { default: undefined as never } } })),
      }),
    ).toEqual({
      tactic: 'offer',
      touchpoints: ['t'],
      audience: { any: [{ did: 'A', atLeast: 1 }, { not: { all: [{ did: 'B', atLeast: 3 }] } }] },
      variants: ['a', 'b', 'c', 'd'].map(key => ({ key, weight: 0.25, content: { t: {} } })),
      status: 'running',
      control: 0.1,
      priority: 0,
    })
    expect(complete('touchpoint', { channel: 'web' })).toEqual({ channel: 'web', default: null })
    expect(complete('settings', {})).toEqual({
      timezone: 'UTC',
      currency: 'USD',
      holdout: 0.05,
      requireUserHash: false,
    })
    expect(complete('metric', { type: 'sum', event: 'A', property: 'total', refund: { event: 'B' } })).toEqual({
      type: 'sum',
      event: 'A',
      property: 'total',
      refund: { event: 'B', property: 'total' },
      direction: 'up',
    })
  })

  it.each(VALID)('R9 changes a complete %s no more, and never its argument', (kind, _key, body) => {
    const before = structuredClone(body)
    const once = normalise(kind, body as never)
    expect(normalise(kind, once)).toEqual(once)
    expect(body).toEqual(before)
  })
})
