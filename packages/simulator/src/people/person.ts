import type { JsonObject } from '@espalier/core'
import type { Random } from '@espalier/core/random'
import { type Device, deviceOf, type Place, placeOf } from './devices.ts'
import { BEHAVIOUR, SEGMENTS, type Segment, TWO_DEVICES } from './segments.ts'

export interface Person {
  readonly index: number
  readonly segment: Segment
  readonly place: Place
  /** One, or two for cross-device people. */
  readonly devices: readonly Device[]
  /** Absent for people without an account. */
  readonly account?: { readonly userId: string; readonly traits: JsonObject }
}

const FIRST = [
  'Ada',
  'Ben',
  'Carla',
  'Dev',
  'Elif',
  'Finn',
  'Grace',
  'Hugo',
  'Ines',
  'Jonas',
  'Kaya',
  'Liam',
  'Mila',
  'Noor',
]
const LAST = [
  'Abel',
  'Brandt',
  'Costa',
  'Dubois',
  'Evans',
  'Fischer',
  'Garcia',
  'Haas',
  'Ito',
  'Jensen',
  'Klein',
  'Lopez',
]

const SHARES = SEGMENTS.map(segment => BEHAVIOUR[segment].share)

/** Accounts over all people: cross-device people are drawn among those who have one. */
const ACCOUNTS = SEGMENTS.reduce((sum, segment) => sum + BEHAVIOUR[segment].share * BEHAVIOUR[segment].account, 0)

/** The segment of person number `index`, without the rest of them. */
export function segmentOf(world: Random, index: number): Segment {
  return SEGMENTS[world.fork(`person ${index}`).weighted(SHARES)]!
}

/** Person number `index` of a world: depends on its seed and the number alone. */
export function personOf(world: Random, index: number): Person {
  const rng = world.fork(`person ${index}`)
  const segment = SEGMENTS[rng.weighted(SHARES)]!
  const { mobile, account } = BEHAVIOUR[segment]
  const place = placeOf(rng)
  const kind = rng.chance(mobile) ? 'mobile' : 'desktop'
  const devices = [deviceOf(rng, kind, place)]
  if (!rng.chance(account)) return { index, segment, place, devices }
  if (rng.chance(TWO_DEVICES / ACCOUNTS)) devices.push(deviceOf(rng, kind === 'mobile' ? 'desktop' : 'mobile', place))
  const [firstName, lastName] = [rng.pick(FIRST), rng.pick(LAST)]
  return {
    index,
    segment,
    place,
    devices,
    account: {
      userId: `customer-${index}`,
      traits: {
        email: `${firstName}.${lastName}.${index}@example.com`.toLowerCase(),
        firstName,
        lastName,
        createdAt: new Date(Date.UTC(2024, rng.integer(18), 1 + rng.integer(28))).toISOString(),
        loyalty: segment === 'loyal' ? 'gold' : rng.chance(0.2) ? 'silver' : 'none',
        newsletter: rng.chance(0.4),
        address: { country: place.country },
      },
    },
  }
}
