import type { Account } from '@espalier/core/account'
import type { Stamp } from '@espalier/core/event'
import type {
  Consent,
  Membership,
  MergedProfile,
  Profile,
  RecentEvent,
  Session,
  Touch,
  Trait,
} from '@espalier/core/profile'
import type { EventTimes, Signal } from '@espalier/core/signal'
import { PackReader } from './packReader.ts'
import { PackWriter } from './packWriter.ts'
import { dictionary, optional, plain, record, type Shape } from './shape.ts'

export type StoredProfile = Profile | MergedProfile | StoredAccount

/** A company, among the people under an id that nobody has. */
export interface StoredAccount {
  readonly id: string
  readonly account: Account
}

const ACCOUNT = 'account:'
/** The first key that may come after those of all accounts. */
export const AFTER_ACCOUNTS = 'account;'

export function accountKey(id: string): string {
  return ACCOUNT + id
}

export function isAccount(stored: StoredProfile): stored is StoredAccount {
  return 'account' in stored
}

export function isPerson(stored: StoredProfile): stored is Profile {
  return !('mergedInto' in stored || isAccount(stored))
}

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

/** Members of every trait. */
const TRAIT = 5

/** By hand: it is what people have most of. */
const trait: Shape<Trait> = {
  ...record<Trait>({ ...stamp, value: plain(), once: optional(plain()) }),
  unpack(from) {
    const length = from.array()
    const made = {
      at: from.number(),
      lag: from.number(),
      index: from.number(),
      hash: from.number(),
      value: from.any() as Trait['value'],
    }
    return length > TRAIT && from.any() === true ? { ...made, once: true } : made
  },
}

/** Members of a recent event, one after the other. On disk: none may be added. */
const RECENT = 7

/** By hand, since it is most of a profile: each member by its own name is read and made three times as fast. */
const recent: Shape<readonly RecentEvent[]> = {
  pack(events, out) {
    out.array(events.length * RECENT)
    for (const { at, lag, index, hash, name, items, value } of events) {
      out.number(at)
      out.number(lag)
      out.number(index)
      out.number(hash)
      out.text(name)
      out.any(items)
      out.any(value)
    }
  },
  unpack(from) {
    const length = from.array()
    const events: RecentEvent[] = []
    for (let i = 0; i < length; i += RECENT) {
      const event: { -readonly [K in keyof RecentEvent]: RecentEvent[K] } = {
        at: from.number(),
        lag: from.number(),
        index: from.number(),
        hash: from.number(),
        name: from.text(),
      }
      const items = from.any()
      if (items !== null) event.items = items as string[]
      const value = from.any()
      if (value !== null) event.value = value as number
      events.push(event)
    }
    return events
  },
}

const membership = record<Membership>({ in: plain(), since: number, until: optional(number) })

const times = record<EventTimes>({ keep: number, times: plain() })

/** Event times as an array, as they always were; every other kind of signal names itself and is stored as it is. */
const signal: Shape<Signal> = {
  pack: (value, out) => ('kind' in value ? out.any(value) : times.pack(value, out)),
  unpack: from => (from.isArray ? times.unpack(from) : (from.any() as Signal)),
}

const traits = dictionary(trait)
const accounts = dictionary(record<Stamp>(stamp))
const acquisition = record<Profile['acquisition']>({ first: optional(touch), last: optional(touch) })
const device = record<NonNullable<Profile['device']>>({ type: plain(), os: optionalText, model: optionalText })
const latest = record<Profile['latest']>({ device: optionalStamp, locale: optionalStamp, timezone: optionalStamp })
const signals = dictionary(signal)
const consent = dictionary(record<Consent>({ ...stamp, granted: plain() }))
const memberships = dictionary(membership)

/** What a folder holds of a person, since format 1: members may be added at the ends, optional ones, and nothing else. */
const members = {
  id: text,
  version: number,
  bucketKey: text,
  firstSeen: number,
  lastSeen: number,
  userId: optionalText,
  identifiers: plain<Profile['identifiers']>(),
  sources: plain<Profile['sources']>(),
  traits,
  accounts,
  recent,
  session: optional(session),
  acquisition,
  device: optional(device),
  locale: optionalText,
  timezone: optionalText,
  latest,
  signals,
  consent,
  events: number,
  due: optional(number),
  memberships: optional(memberships),
  preferences: optional(traits),
  subscriptions: optional(traits),
  feedback: optional(traits),
  scores: optional(plain<NonNullable<Profile['scores']>>()),
  origins: optional(plain<NonNullable<Profile['origins']>>()),
  splits: optional(plain<NonNullable<Profile['splits']>>()),
  bound: optional(plain<NonNullable<Profile['bound']>>()),
}

/** How many members every profile has written: those up to `events`. */
const ALWAYS = Object.keys(members).indexOf('events') + 1
/** Those that may follow, in their order. */
const LAST = Object.entries(members).slice(ALWAYS) as [keyof Profile, Shape<unknown>][]

const profile: Shape<Profile> = {
  ...record<Profile>(members),
  /** By hand as far as every profile goes: somebody with ten traits is read a third faster. */
  unpack(from) {
    const length = from.array()
    const id = from.text()
    const version = from.number()
    const bucketKey = from.text()
    const firstSeen = from.number()
    const lastSeen = from.number()
    const userId = from.nil() ? undefined : from.text()
    const made: { -readonly [K in keyof Profile]: Profile[K] } = {
      id,
      version,
      bucketKey,
      firstSeen,
      lastSeen,
      identifiers: from.any() as Profile['identifiers'],
      sources: from.any() as Profile['sources'],
      traits: traits.unpack(from),
      accounts: accounts.unpack(from),
      recent: recent.unpack(from),
      acquisition: NONE,
      latest: NONE,
      signals: NONE,
      consent: NONE,
      events: 0,
    }
    if (userId !== undefined) made.userId = userId
    if (!from.nil()) made.session = session.unpack(from)
    made.acquisition = acquisition.unpack(from)
    if (!from.nil()) made.device = device.unpack(from)
    if (!from.nil()) made.locale = from.text()
    if (!from.nil()) made.timezone = from.text()
    made.latest = latest.unpack(from)
    made.signals = signals.unpack(from)
    made.consent = consent.unpack(from)
    made.events = from.number()
    for (let i = ALWAYS; i < length; i++) {
      const [key, shape] = LAST[i - ALWAYS]!
      if (!from.nil()) (made as Record<string, unknown>)[key] = shape.unpack(from)
    }
    return made
  },
}

const NONE = {}

/** What JSON begins with, and MessagePack of ours does not. */
const BRACE = 0x7b

const reader = new PackReader()
const writer = new PackWriter()

/**
 * MessagePack of `[0, id, mergedInto]` or `[1, …the profile's members]`; JSON of an account, and where a key may be `__proto__`,
 * to which readers of MessagePack give another name. Valid until the next call.
 */
export function encodeProfile(stored: StoredProfile): Uint8Array {
  if (isAccount(stored)) return Buffer.from(JSON.stringify(stored))
  writer.reset()
  if ('mergedInto' in stored) writer.any([0, stored.id, stored.mergedInto])
  else {
    writer.array(2)
    writer.number(1)
    profile.pack(stored, writer)
  }
  const { written } = writer
  return written.includes('__proto__') ? Buffer.from(JSON.stringify(stored)) : written
}

/** What MessagePack of a person begins with: an array of two. */
const PERSON = 0x92

/** Whether it is a person's, mostly without reading it. */
export function holdsPerson(bytes: Buffer): boolean {
  return bytes[0] === BRACE ? isPerson(decodeProfile(bytes)) : bytes[0] === PERSON
}

export function decodeProfile(bytes: Buffer): StoredProfile {
  if (bytes[0] === BRACE) return JSON.parse(bytes.toString('utf8', 0, bytes.length))
  reader.open(bytes)
  reader.array()
  return reader.number() === 0 ? { id: reader.text(), mergedInto: reader.text() } : profile.unpack(reader)
}

/** About how many bytes it takes in memory, as measured on profiles that the reducer made (decoded ones take half). */
export function profileSize(stored: StoredProfile): number {
  if ('mergedInto' in stored) return 300
  if (isAccount(stored)) return 1000 + 100 * stored.account.members.length
  return 2500 + 90 * (stored.identifiers.length + stored.sources.length) + 390 * stored.recent.length
}
