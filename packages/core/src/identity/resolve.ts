import { identifierValue } from './identifier.ts'
import { IDENTITY_LIMITS } from './limits.ts'

/** What an event claims to be one person: a user and a device, or an alias's earlier identifier. */
export interface Claim {
  /** `userId:…`, with the person it leads to. */
  readonly user?: Claimed
  /** `anonymousId:…`, with the person it leads to. */
  readonly anonymous?: Claimed
}

export interface Claimed {
  readonly identifier: string
  /** Absent: nobody has it yet. */
  readonly person?: Person
}

/** What identity needs to know of a profile. */
export interface Person {
  readonly id: string
  readonly userId?: string
  readonly identifiers: readonly string[]
  readonly sources: readonly string[]
}

/** Which rule decided; written as the cause of a merge and stable. */
export type IdentityRule =
  /** Nobody had these identifiers: a new person. */
  | 'new'
  /** All identifiers lead to one person already. */
  | 'known'
  /** The device's person had no userId: it becomes theirs. */
  | 'user-linked'
  /** The user's person gets the device. */
  | 'anonymous-linked'
  /** The device's person had no userId: merged into the user's. */
  | 'merged'
  /** The device belongs to another user: the user stays, or becomes, a person of their own. */
  | 'apart'
  /** As `anonymous-linked` or `merged`, but the person has reached a bound: nothing is united. */
  | 'full'

/** What to do about a claim. Links are only ever added; what a merge changes is who a source profile is. */
export interface Resolution {
  readonly rule: IdentityRule
  /** A new person has these identifiers, the first of which gives the bucket key. */
  readonly create?: readonly [string, ...string[]]
  /** `userId` where the identifier makes the person that user. */
  readonly link?: { readonly identifier: string; readonly userId?: string; readonly to: Person }
  readonly merge?: { readonly from: Person; readonly into: Person }
}

/**
 * The identity rules, a total function of what is known. Facts of one event only; two persons with a userId each are never
 * united, and an identifier once linked stays linked. The first claim to arrive wins: identity depends on the order of
 * arrival, unlike what profiles hold.
 */
export function resolve({ user, anonymous }: Claim): Resolution {
  if (!user || !anonymous) {
    const only = user ?? anonymous
    if (!only) throw new Error('an event without identifiers')
    return only.person ? { rule: 'known' } : { rule: 'new', create: [only.identifier] }
  }
  const owner = user.person
  const device = anonymous.person
  if (!owner && !device) return { rule: 'new', create: [anonymous.identifier, user.identifier] }
  if (!owner && device) {
    return device.userId === undefined
      ? {
          rule: 'user-linked',
          link: { identifier: user.identifier, userId: identifierValue(user.identifier), to: device },
        }
      : { rule: 'apart', create: [user.identifier] }
  }
  if (owner && !device) {
    return owner.identifiers.length < IDENTITY_LIMITS.identifiers
      ? { rule: 'anonymous-linked', link: { identifier: anonymous.identifier, to: owner } }
      : { rule: 'full' }
  }
  if (owner!.id === device!.id) return { rule: 'known' }
  if (device!.userId !== undefined) return { rule: 'apart' }
  return fits(owner!, device!) ? { rule: 'merged', merge: { from: device!, into: owner! } } : { rule: 'full' }
}

function fits(into: Person, from: Person): boolean {
  return (
    into.identifiers.length + from.identifiers.length <= IDENTITY_LIMITS.identifiers &&
    into.sources.length + from.sources.length <= IDENTITY_LIMITS.sources
  )
}
