import { expect, it } from 'vitest'
import { decide } from './decide.ts'
import { bucketKeys, catalogOf, compiledOf, personOf } from './testing.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const DAY = 86_400_000

const experience = (more: object) => ({
  tactic: 'content',
  touchpoints: ['hero'],
  control: 0.5,
  variants: ['a', 'b'].map(key => ({ key, content: { hero: key } })),
  ...more,
})

function asker(experiences: Record<string, object>, more: object = {}) {
  const set = compiledOf({
    settings: { workspace: { holdout: 0 } },
    touchpoint: { hero: { channel: 'web', default: 'plain' } },
    experience: experiences,
    ...more,
  })
  return (profile: ReturnType<typeof personOf>) => {
    const input = { set, profile, context: {}, now: NOW, touchpoints: ['hero'], items: catalogOf({}), explain: true }
    return decide(input).answers[0]!
  }
}

it('says where what a draft or an ended one looks at is not kept: then nothing seems to have happened', () => {
  const bought = (atLeast: number) => ({ did: 'Order Completed', atLeast })
  const audiences = {
    draft: { status: 'draft', audience: { any: [{ trait: 'plan', is: 'pro' }, bought(1)] } },
    ended: { status: 'ended', audience: { sequence: [{ did: 'Viewed' }, { did: 'Added' }] } },
    // Of more times than are kept for the others.
    more: { status: 'draft', audience: { did: 'Product Viewed', atLeast: 50 } },
    paused: { status: 'paused', audience: { did: 'Paid' } },
    known: { status: 'draft', audience: { all: [{ trait: 'plan', is: 'pro' }, { did: 'Product Viewed' }] } },
    running: { audience: { did: 'Product Viewed', atLeast: 2 } },
  }
  const ask = asker(Object.fromEntries(Object.entries(audiences).map(([key, more]) => [key, experience(more)])))
  const { explanation } = ask(personOf({ bucketKey: 'x', events: [['Product Viewed', NOW - DAY]] }))
  const candidates = explanation!.candidates as { experience: string; complete?: boolean }[]
  const complete = Object.fromEntries(candidates.map(({ experience, complete }) => [experience, complete]))
  const not = { draft: false, ended: false, more: false }
  expect(complete).toEqual({ ...not, paused: undefined, known: undefined, running: undefined })
})

it('shows points and shares only where they decide, and the control group as it is', () => {
  const keys = bucketKeys(40)
  const policies = {
    split: undefined,
    rules: { kind: 'rules', rules: [{ when: { trait: 'plan', is: 'pro' }, variant: 'b' }], otherwise: 'a' },
    bandit: { kind: 'bandit' },
    sticky: { kind: 'sticky-split' },
  }
  const metric = { bought: { type: 'conversion', event: 'Order Completed', window: '1d' } }
  for (const [name, policy] of Object.entries(policies)) {
    const ask = asker({ test: experience({ goal: 'bought', ...(policy && { policy }) }) }, { metric })
    for (const bucketKey of keys) {
      const held = { test: { at: NOW - DAY, arm: 'variant' as const, variant: 'b', propensity: 0.25 } }
      const bound = { shows: {}, grants: {}, quotes: {}, seen: {}, version: 1, assigned: { 'test:test': held.test } }
      for (const more of name === 'sticky' ? [{}, { bound }] : [{}]) {
        const answer = ask({ ...personOf({ bucketKey }), ...more } as never)
        const { control, variant } = answer.explanation!.draw as {
          control: { held: boolean }
          variant: { point?: number; ranges?: { variant: string; range: [number, number] }[]; drawn: string | null }
        }
        expect(control.held, name).toBe(answer.control)
        expect(variant.drawn, name).toBe(answer.variant ?? null)
        const bySplit = name === 'split' || (name === 'sticky' && answer.held === undefined)
        expect(variant.ranges !== undefined, name).toBe(bySplit)
        if (!bySplit || variant.drawn === null) continue
        const [from, to] = variant.ranges!.find(range => range.variant === variant.drawn)!.range
        expect(variant.point! >= from && variant.point! < to).toBe(true)
      }
    }
  }
})
