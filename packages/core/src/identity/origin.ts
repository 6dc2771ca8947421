/**
 * Where one of a person's sources comes from, so that it can be given back (R12). A person of one source needs none: see
 * `originsOf`.
 */
export interface Origin {
  /** What it came into being with: gives its bucket key. Its person may have let go of it since (see `shared`). */
  readonly identifier: string
  /** Timestamp of the first thing that came with it. */
  readonly firstSeen: number
  /** When it became its person's, as its latest link says: epoch milliseconds of that commit, at least one more than before. */
  readonly since: number
  /** Nothing was ever filed under it: reports need not join its link. */
  readonly silent?: true
  /** Bucket keys of identifiers of the people besides its own who used its identifier too; at most what the kind's `people` allows. */
  readonly claimed?: readonly string[]
  /** More people used its identifier than the kind allows: it is linked with nobody any more. */
  readonly shared?: true
}

/** What is needed of a profile to tell its origins. */
export interface Sourced {
  readonly firstSeen: number
  readonly identifiers: readonly string[]
  readonly sources: readonly string[]
  readonly origins?: readonly Origin[]
}

/** One for each source, in their order. */
export function originsOf({ origins, sources, identifiers, firstSeen }: Sourced): readonly Origin[] {
  return origins ?? sources.map((_, i) => ({ identifier: identifiers[i] ?? identifiers[0] ?? '', firstSeen, since: 0 }))
}

/** The origin of one source; undefined where the person does not have it. */
export function originOf(person: Sourced, source: string): Origin | undefined {
  const index = person.sources.indexOf(source)
  return index < 0 ? undefined : originsOf(person)[index]
}

/** All origins, that of `source` with something changed. */
export function withOrigin(person: Sourced, source: string, change: (origin: Origin) => Origin): readonly Origin[] {
  const index = person.sources.indexOf(source)
  return originsOf(person).map((origin, i) => (i === index ? change(origin) : origin))
}

/** When a link that replaces an origin's is made: after it, whatever the clocks of nodes say. */
export function linkedAt({ since }: Origin, now: number): number {
  return Math.max(now, since + 1)
}
