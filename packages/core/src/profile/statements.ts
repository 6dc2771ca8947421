import { askedBy } from '../event/asked.ts'
import type { Event } from '../event/event.ts'
import { onceIn, SET_ONCE } from '../event/once.ts'
import { newest, type Stamp, type Stated, supersedes } from '../event/stamp.ts'
import type { Json, JsonObject } from '../json.ts'
import { PROFILE_LIMITS } from './limits.ts'
import type { Consent, Profile, Trait } from './profile.ts'

/** Traits after an identify. */
export function withIdentified(traits: Profile['traits'], said: JsonObject, stamp: Stamp): Profile['traits'] {
  const stated = withTraits(traits, said, stamp)
  const once = onceIn(said)
  return once === undefined ? stated : withTraits(stated, once, { ...stamp, once: true })
}

/** Traits after a statement of `values`: each replaces an older one of its name. Values over the bound are left out. */
export function withTraits(traits: Profile['traits'], values: JsonObject, stamp: Stated): Profile['traits'] {
  let changed: Record<string, Trait> | undefined
  for (const name in values) {
    const value = values[name]!
    if (name === SET_ONCE || name.length > PROFILE_LIMITS.traitName || isTooLong(value)) continue
    if (!supersedes(stamp, Object.hasOwn(traits, name) ? traits[name] : undefined)) continue
    changed ??= { ...traits }
    const { at, lag, index, hash, once } = stamp
    changed[name] = once ? { value, at, lag, index, hash, once } : { value, at, lag, index, hash }
  }
  return changed ? newest(changed, PROFILE_LIMITS.traits) : traits
}

function isTooLong(value: Json): boolean {
  if (typeof value === 'string') return value.length > PROFILE_LIMITS.traitValue
  return typeof value === 'object' && value !== null && JSON.stringify(value).length > PROFILE_LIMITS.traitValue
}

/** Consent after an event: `context.consent.categoryPreferences`, true or false for each purpose. */
export function withConsent(consent: Profile['consent'], event: Event, stamp: Stamp): Profile['consent'] {
  return stated(consent, askedBy(event.context).stated, stamp)
}

/** Consent after a statement of `preferences`, each replacing an older one of its purpose. */
export function stated(
  consent: Profile['consent'],
  preferences: Readonly<Record<string, boolean>>,
  stamp: Stamp,
): Profile['consent'] {
  const purposes = Object.keys(preferences)
  if (purposes.length === 0) return consent
  const changed: Record<string, Consent> = { ...consent }
  for (const purpose of purposes) {
    if (!supersedes(stamp, Object.hasOwn(changed, purpose) ? changed[purpose] : undefined)) continue
    changed[purpose] = {
      granted: preferences[purpose]!,
      at: stamp.at,
      lag: stamp.lag,
      index: stamp.index,
      hash: stamp.hash,
    }
  }
  return newest(changed, PROFILE_LIMITS.purposes)
}

export function withAccount(accounts: Profile['accounts'], groupId: string, stamp: Stamp): Profile['accounts'] {
  if (!supersedes(stamp, Object.hasOwn(accounts, groupId) ? accounts[groupId] : undefined)) return accounts
  return newest({ ...accounts, [groupId]: stamp }, PROFILE_LIMITS.accounts)
}
