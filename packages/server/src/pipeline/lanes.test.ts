import type { Event } from '@espalier/core/event'
import type { Entry } from '@espalier/core/stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lanesOf } from './lanes.ts'

interface Told {
  readonly user: number | null
  readonly device: number | null
  readonly previous: number | null
}

const told: fc.Arbitrary<Told> = fc
  .record({
    user: fc.option(fc.nat({ max: 12 }), { freq: 2 }),
    device: fc.option(fc.nat({ max: 20 }), { freq: 4 }),
    previous: fc.option(fc.nat({ max: 20 }), { freq: 1 }),
  })
  .filter(({ user, device }) => user !== null || device !== null)

function entryOf({ user, device, previous }: Told): Entry {
  const event: Partial<Event> = {
    type: 'track',
    ...(user === null ? {} : { userId: `u${user}` }),
    ...(device === null ? {} : { anonymousId: `d${device}` }),
    ...(previous === null ? {} : { previousId: `d${previous}` }),
  }
  return { kind: 'event', event: event as Event }
}

it('R4 entries that share a user or a device, over however many others, are in one lane', () => {
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 40 }), fc.integer({ min: 2, max: 5 }), (all, lanes) => {
      const places = lanesOf(all.map(entryOf), lanes)
      expect(places).toHaveLength(all.length)
      for (const place of places) expect(place >= 0 && place < lanes).toBe(true)
      const keysOf = ({ user, device, previous }: Told) =>
        [
          user === null ? '' : `u${user}`,
          device === null ? '' : `d${device}`,
          previous === null ? '' : `d${previous}`,
        ].filter(key => key !== '')
      for (const [i, one] of all.entries()) {
        for (const [j, other] of all.entries()) {
          if (keysOf(one).some(key => keysOf(other).includes(key))) expect(places[i]).toBe(places[j])
        }
      }
    }),
  )
})

it('a visit goes in the same lane request after request, and visits are spread over all', () => {
  const lanes = 3
  const counts = [0, 0, 0]
  for (let i = 0; i < 600; i++) {
    const [place] = lanesOf([entryOf({ user: null, device: i, previous: null })], lanes)
    counts[place!]!++
    const known = entryOf({ user: i % 50, device: i, previous: null })
    expect(lanesOf([known, entryOf({ user: i % 50, device: null, previous: null })], lanes)).toEqual([place, place])
  }
  for (const count of counts) expect(count).toBeGreaterThan(150)
})

it('what names people in another way stays together', () => {
  const tick: Entry = { kind: 'tick', profile: 'p' }
  const one = entryOf({ user: 1, device: null, previous: null })
  expect(lanesOf([one, tick, entryOf({ user: 2, device: null, previous: null })], 4)).toEqual([0, 0, 0])
})
