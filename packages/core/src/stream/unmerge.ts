import { compareStamps } from '../event/stamp.ts'
import { bucketKeyOf } from '../identity/bucketKey.ts'
import { isUser } from '../identity/identifier.ts'
import { linkedAt, type Origin, originOf } from '../identity/origin.ts'
import { isOlder, userOf } from '../identity/resolve.ts'
import { splitsBetween, splitsOf } from '../identity/split.ts'
import { boundOfPart } from '../profile/bound.ts'
import type { Consent, Profile } from '../profile/profile.ts'
import type { Content } from './replay.ts'

/** A part of a person: some of their sources, and what the log says of them. */
export interface Part {
  readonly sources: readonly string[]
  readonly content: Content
}

/** True when the parts are all of the person's sources, each in one of them, and neither is empty. */
export function areParts(person: Profile, parts: readonly [Part, Part]): boolean {
  const sources = parts.flatMap(part => part.sources)
  return (
    parts.every(part => part.sources.length > 0) &&
    sources.length === person.sources.length &&
    new Set(sources).size === sources.length &&
    sources.every(source => person.sources.includes(source))
  )
}

/**
 * Two people out of one (R12). Each has the identifiers of its sources and what the log says of them; the part with the source
 * whose bucket key was worn goes on wearing it, the other gets the key of its oldest source back. Who keeps the person's id keeps
 * their memberships, to be looked at anew. Both remember that they were split at `now`.
 */
export function unmerged(person: Profile, parts: readonly [Part, Part], now: number): [Profile, Profile] {
  const splits = splitsBetween(ordered(person, parts[0].sources), ordered(person, parts[1].sources), now)
  const refusals = Object.fromEntries(unlogged(person, parts).filter(([, { granted }]) => !granted))
  const make = ({ sources, content }: Part, more: Profile['splits']): Profile => {
    const own = ordered(person, sources)
    const [id] = own as [string, ...string[]]
    const origins = own.map(source => {
      const origin = originOf(person, source)!
      if (id === person.id) return origin
      const { silent, ...filed } = origin
      // What the stream notes of somebody is filed under their own source.
      return { ...(source === id ? filed : origin), since: linkedAt(origin, now) }
    })
    const identifiers = identifiersOf(person, origins)
    const userId = userOf(identifiers)
    return {
      ...content,
      ...(id === person.id && derived(person)),
      ...(person.bound !== undefined && { bound: boundOfPart(person.bound, own) }),
      consent: { ...content.consent, ...refusals },
      id,
      version: person.version + 1,
      bucketKey: keyOf(person, own, origins),
      firstSeen: Math.min(content.firstSeen, ...origins.map(origin => origin.firstSeen)),
      ...(userId !== undefined && { userId }),
      identifiers,
      sources: own,
      origins,
      splits: splitsOf([...(person.splits ?? []), ...(more ?? [])], own),
    }
  }
  return [make(parts[0], splits.a), make(parts[1], splits.b)]
}

/** The same person with what the log says of them. */
export function rebuilt(person: Profile, content: Content): Profile {
  const { id, version, bucketKey, userId, identifiers, sources, origins, splits } = person
  const said = Object.fromEntries(unlogged(person, [{ content }]))
  return {
    ...content,
    ...derived(person),
    ...(person.scores !== undefined && { scores: person.scores }),
    ...(person.bound !== undefined && { bound: person.bound }),
    consent: { ...content.consent, ...said },
    id,
    version: version + 1,
    bucketKey,
    firstSeen: Math.min(content.firstSeen, ...(origins ?? []).map(origin => origin.firstSeen)),
    ...(userId !== undefined && { userId }),
    identifiers,
    sources,
    ...(origins !== undefined && { origins }),
    ...(splits !== undefined && { splits }),
  }
}

/** What the caller looks at anew, as it was. */
function derived({ memberships, due }: Profile): Pick<Profile, 'memberships' | 'due'> {
  return { ...(memberships !== undefined && { memberships }), ...(due !== undefined && { due }) }
}

/**
 * Sources in the order a person has them: the one that names the person first. That is the person's own where it is among them,
 * else the user's, else the oldest.
 */
function ordered(person: Profile, sources: readonly string[]): readonly string[] {
  const dated = sources.map(id => ({ id, firstSeen: originOf(person, id)!.firstSeen }))
  const user = sources.find(source => isUser(originOf(person, source)!.identifier))
  const oldest = dated.reduce((a, b) => (isOlder(a, b) ? a : b)).id
  const first = sources.includes(person.id) ? person.id : (user ?? oldest)
  return [first, ...person.sources.filter(source => source !== first && sources.includes(source))]
}

function identifiersOf(person: Profile, origins: readonly Origin[]): readonly string[] {
  return person.identifiers.filter(identifier => origins.some(origin => origin.identifier === identifier))
}

function keyOf(person: Profile, sources: readonly string[], origins: readonly Origin[]): string {
  const keys = sources.map((id, i) => ({
    id,
    firstSeen: origins[i]!.firstSeen,
    key: bucketKeyOf(origins[i]!.identifier),
  }))
  if (keys.some(({ key }) => key === person.bucketKey)) return person.bucketKey
  return keys.reduce((a, b) => (isOlder(a, b) ? a : b)).key
}

/**
 * R8: what a refusal kept from being stored cannot be read from the log, what was said with it neither. A refusal holds for both
 * parts, since nothing tells whose it was; leave for something must be given again.
 */
function unlogged(person: Profile, parts: readonly { readonly content: Content }[]): [string, Consent][] {
  return Object.entries(person.consent).filter(([purpose, consent]) =>
    parts.every(({ content }) => {
      const logged = Object.hasOwn(content.consent, purpose) ? content.consent[purpose] : undefined
      return logged === undefined || compareStamps(logged, consent) !== 0
    }),
  )
}
