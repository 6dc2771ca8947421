import type {
  Consent,
  Membership,
  MergedProfile,
  Profile,
  RecentEvent,
  Session,
  Stamp,
  Touch,
  Trait,
} from '@espalier/core/profile'
import type { EventTimes, Signal } from '@espalier/core/signal'
import { Packr } from 'msgpackr'
import { dictionary, optional, plain, record, type Shape, table } from './shape.ts'

export type StoredProfile = Profile | MergedProfile

const number = plain<number>()
const text = plain<string>()
const optionalText = optional(text)
const stamp = { at: number, lag: number, index: number, hash: number }

const touch = record<Touch>({
  ...stamp,
  source: optionalText,
  medium: optionalText,
  campaign: optionalText,
  term: optionalText,
  content: optionalText,
  referrer: optionalText,
})

const session = record<Session>({
  id: text,
  started: number,
  last: number,
  events: number,
  landing: optionalText,
  referrer: optionalText,
})

const optionalStamp = optional(record<Stamp>(stamp))

/** What a folder holds of a person, since format 1: members may be added at the ends, optional ones, and nothing else. */
const trait = record<Trait>({ ...stamp, value: plain() })

const membership = record<Membership>({ in: plain(), since: number, until: optional(number) })

const times = record<EventTimes>({ keep: number, times: plain() })

/** Event times as an array, as they always were; every other kind of signal names itself and is stored as it is. */
const signal: Shape<Signal> = {
  pack: value => ('kind' in value ? value : times.pack(value)),
  unpack: packed => (Array.isArray(packed) ? times.unpack(packed) : (packed as Signal)),
}

const profile = record<Profile>({
  id: text,
  version: number,
  bucketKey: text,
  firstSeen: number,
  lastSeen: number,
  userId: optionalText,
  identifiers: plain(),
  sources: plain(),
  traits: dictionary(trait),
  accounts: dictionary(record<Stamp>(stamp)),
  recent: table<RecentEvent>({ ...stamp, name: text, items: optional(plain()), value: optional(number) }),
  session: optional(session),
  acquisition: record<Profile['acquisition']>({ first: optional(touch), last: optional(touch) }),
  device: optional(record<NonNullable<Profile['device']>>({ type: plain(), os: optionalText, model: optionalText })),
  locale: optionalText,
  timezone: optionalText,
  latest: record<Profile['latest']>({ device: optionalStamp, locale: optionalStamp, timezone: optionalStamp }),
  signals: dictionary(signal),
  consent: dictionary(record<Consent>({ ...stamp, granted: plain() })),
  events: number,
  due: optional(number),
  memberships: optional(dictionary(membership)),
  preferences: optional(dictionary(trait)),
  subscriptions: optional(dictionary(trait)),
  feedback: optional(dictionary(trait)),
  scores: optional(plain()),
  origins: optional(plain()),
  splits: optional(plain()),
})

/** What JSON begins with, and MessagePack of ours does not. */
const BRACE = 0x7b

const packr = new Packr({ useRecords: false })

/**
 * MessagePack of `[0, id, mergedInto]` or `[1, …the profile's members]`; JSON where a key may be `__proto__`, which the reader of
 * MessagePack gives another name. Valid until the next call.
 */
export function encodeProfile(stored: StoredProfile): Uint8Array {
  const packed = packr.pack('mergedInto' in stored ? [0, stored.id, stored.mergedInto] : [1, profile.pack(stored)])
  return packed.includes('__proto__') ? Buffer.from(JSON.stringify(stored)) : packed
}

export function decodeProfile(bytes: Buffer): StoredProfile {
  if (bytes[0] === BRACE) return JSON.parse(bytes.toString('utf8', 0, bytes.length))
  const [kind, ...rest] = packr.unpack(bytes, bytes.length) as [number, ...unknown[]]
  return kind === 0 ? { id: rest[0] as string, mergedInto: rest[1] as string } : profile.unpack(rest[0])
}

/** About how many bytes it takes in memory, as measured on profiles that the reducer made (decoded ones take half). */
export function profileSize(stored: StoredProfile): number {
  if ('mergedInto' in stored) return 300
  return 2500 + 90 * (stored.identifiers.length + stored.sources.length) + 390 * stored.recent.length
}
