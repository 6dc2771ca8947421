import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newProfile } from '../profile/newProfile.ts'
import type { Profile } from '../profile/profile.ts'
import { expire, nextExpiry, retentionRules } from './retention.ts'

const DAY = 86_400_000
const rules = retentionRules({ events: '30d', traits: { phone: '7d', quote: '1d' } })
const stamp = (at: number) => ({ at, lag: 0, index: 0, hash: 0 })

function person(traits: Record<string, number>, recent: number[] = []): Profile {
  return {
    ...newProfile('p', ['userId:u'], 0),
    traits: Object.fromEntries(Object.entries(traits).map(([name, at]) => [name, { value: name, ...stamp(at) }])),
    recent: recent.map(at => ({ name: 'Seen', ...stamp(at) })),
  }
}

describe('retention by trait', () => {
  it('a trait is there until its time is over, and not an instant longer', () => {
    const profile = person({ phone: 0, plan: 0 })
    expect(expire(profile, rules, 7 * DAY - 1)).toBe(profile)
    expect(Object.keys(expire(profile, rules, 7 * DAY).traits)).toEqual(['plan'])
    expect(Object.keys(profile.traits)).toEqual(['phone', 'plan'])
  })

  it('R10 is counted from when it was stated: one stated again stays, one that arrives late is over', () => {
    expect(Object.keys(expire(person({ phone: 5 * DAY }), rules, 8 * DAY).traits)).toEqual(['phone'])
    expect(Object.keys(expire(person({ phone: -DAY }), rules, 6 * DAY).traits)).toEqual([])
  })

  it('the recent history goes with the events', () => {
    const profile = person({}, [0, DAY, 40 * DAY])
    expect(expire(profile, rules, 31 * DAY).recent.map(({ at }) => at)).toEqual([40 * DAY])
    expect(expire(profile, retentionRules(), 1000 * DAY)).toBe(profile)
  })

  it('R5 says when it changes next: nothing is over before, something is at that instant', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('phone', 'quote', 'plan'), fc.integer({ min: 0, max: 20 * DAY })),
        fc.array(fc.integer({ min: 0, max: 20 * DAY }), { maxLength: 3 }),
        (traits, recent) => {
          const profile = person(
            traits,
            recent.sort((a, b) => a - b),
          )
          const next = nextExpiry(profile, rules)
          if (next === Number.POSITIVE_INFINITY) {
            expect(expire(profile, rules, 1e15)).toBe(profile)
            return
          }
          expect(expire(profile, rules, next - 1)).toBe(profile)
          const after = expire(profile, rules, next)
          expect(after).not.toBe(profile)
          expect(nextExpiry(after, rules)).toBeGreaterThan(next)
        },
      ),
      { numRuns: 200, seed: 7 },
    )
  })
})
