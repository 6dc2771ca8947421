import { bucketKeyOf } from '../identity/bucketKey.ts'
import { identifierValue, isUser } from '../identity/identifier.ts'
import type { Profile } from './profile.ts'

/** A person nothing is known of but the identifiers they came with at `at`; the first gives the bucket key. */
export function newProfile(id: string, identifiers: readonly [string, ...string[]], at: number): Profile {
  const user = identifiers.find(isUser)
  return {
    id,
    version: 0,
    bucketKey: bucketKeyOf(identifiers[0]),
    firstSeen: at,
    lastSeen: at,
    ...(user !== undefined && { userId: identifierValue(user) }),
    identifiers,
    sources: [id],
    traits: {},
    accounts: {},
    recent: [],
    acquisition: {},
    latest: {},
    signals: {},
    consent: {},
    events: 0,
  }
}
