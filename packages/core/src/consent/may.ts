import { askedBy } from '../event/asked.ts'
import type { JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import { type Permission, permits } from './permits.ts'
import { placeOf, placeOfTraits } from './place.ts'
import type { ConsentRules } from './rules.ts'

/** What of a person consent depends on. */
export type Consenting = Pick<Profile, 'consent' | 'traits'>

/**
 * `permits` for a person in the context of a request, or in none (`{}`: a send, an export): the place is the one the
 * context names, else the one the person's traits name.
 */
export function may(purpose: string, person: Consenting, context: JsonObject, rules: ConsentRules): Permission {
  const place = placeOf(context) ?? placeOfTraits(person.traits)
  return permits(purpose, person.consent, askedBy(context), place, rules)
}
