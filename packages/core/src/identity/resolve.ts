import { identifierValue, isUser, kindOf } from './identifier.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import type { Origin } from './origin.ts'
import { type CompiledKind, type CompiledRules, told } from './rules.ts'
import { areSplit, type Split } from './split.ts'

/** What identity needs to know of a profile. */
export interface Person {
  readonly id: string
  readonly firstSeen: number
  readonly identifiers: readonly string[]
  readonly sources: readonly string[]
  readonly origins?: readonly Origin[]
  readonly splits?: readonly Split[]
}

/** Which rule decided; written as the cause of a link and stable. */
export type IdentityRule =
  /** A new person has these identifiers. */
  | 'new'
  /** Somebody gets an identifier that nobody had. */
  | 'linked'
  /** Two people are one. */
  | 'merged'
  /** An un-merge gave the source back. */
  | 'unmerged'
  /** An un-merge was taken back. */
  | 'rejoined'
  /** Too many people use the identifier: from now on it is its own. */
  | 'shared'
  /** Something was filed for the first time under a source that was linked before. */
  | 'filed'

/** Why nothing is united. */
export type Refusal =
  /** They have different values of a unique kind: two people. */
  | 'apart'
  /** Somebody un-merged them. */
  | 'split'
  /** The identifier is used by more people than its kind allows. */
  | 'shared'
  /** The person would have more than a bound allows. */
  | 'full'

/** Why a person does not get an identifier that nobody has; undefined: they do. */
export function refusesLink(person: Person, identifier: string, rules: CompiledRules): Refusal | undefined {
  if (told([identifier], person.identifiers, rules) !== undefined) return 'apart'
  if (person.identifiers.length >= IDENTITY_LIMITS.identifiers) return 'full'
  if (person.sources.length >= IDENTITY_LIMITS.sources) return 'full'
  const kind = rules.find(kindOf(identifier))
  return kind !== undefined && countOf(kind, person.identifiers) >= kind.rule.limit ? 'full' : undefined
}

function countOf({ prefix }: CompiledKind, identifiers: readonly string[]): number {
  let count = 0
  for (const identifier of identifiers) if (identifier.startsWith(prefix)) count++
  return count
}

/** Why two people are not united; undefined: they may be. */
export function refusesMerge(a: Person, b: Person, rules: CompiledRules): Refusal | undefined {
  if (told(a.identifiers, b.identifiers, rules) !== undefined) return 'apart'
  if (areSplit(a, b)) return 'split'
  return fits(a, b, rules) ? undefined : 'full'
}

function fits(a: Person, b: Person, rules: CompiledRules): boolean {
  const identifiers = a.identifiers.length + b.identifiers.length
  if (identifiers > IDENTITY_LIMITS.identifiers) return false
  if (a.sources.length + b.sources.length > IDENTITY_LIMITS.sources) return false
  if ((a.splits?.length ?? 0) + (b.splits?.length ?? 0) > IDENTITY_LIMITS.splits) return false
  return rules.kinds.every(kind => {
    const { limit } = kind.rule
    return identifiers <= limit || countOf(kind, a.identifiers) + countOf(kind, b.identifiers) <= limit
  })
}

/** Too many people use its identifier. Nothing is united with it, so it is all that its person has. */
export function isShared({ sources, origins }: Person): boolean {
  return sources.length === 1 && origins?.[0]?.shared !== undefined
}

/** Why a person survived a merge, written with the link and stable. */
export type Won = 'userId' | 'sources' | 'age'

/**
 * Who of two people survives: whoever has a userId; else whoever has more sources, so that each source moves at most some ten
 * times however long a chain of merges is; else the older.
 */
export function survivorOf<P extends Person>(a: P, b: P): { into: P; from: P; won: Won } {
  const hasUser = [a, b].map(person => person.identifiers.some(isUser))
  if (hasUser[0] !== hasUser[1])
    return hasUser[0] ? { into: a, from: b, won: 'userId' } : { into: b, from: a, won: 'userId' }
  const more = a.sources.length - b.sources.length
  if (more !== 0) return more > 0 ? { into: a, from: b, won: 'sources' } : { into: b, from: a, won: 'sources' }
  return isOlder(a, b) ? { into: a, from: b, won: 'age' } : { into: b, from: a, won: 'age' }
}

/** Older is who was seen first, then whose id is smaller. */
export function isOlder(
  a: { readonly id: string; readonly firstSeen: number },
  b: { readonly id: string; readonly firstSeen: number },
): boolean {
  return a.firstSeen < b.firstSeen || (a.firstSeen === b.firstSeen && a.id < b.id)
}

/** The user among identifiers: their value. */
export function userOf(identifiers: readonly string[]): string | undefined {
  const user = identifiers.find(isUser)
  return user === undefined ? undefined : identifierValue(user)
}
