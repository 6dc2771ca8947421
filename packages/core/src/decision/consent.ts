import type { JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import { valueAt } from '../segment/path.ts'

/** The purpose that deciding needs (`context.consent.categoryPreferences`). */
export const PURPOSE = 'personalization'

const PREFERENCE = ['consent', 'categoryPreferences', PURPOSE]

/**
 * Who refused personalization (R8): the person at any time before and not since, or the caller in this request. A request
 * can refuse, but it cannot overrule the person's own refusal. Undefined: nobody did.
 */
export function refusedBy(profile: Pick<Profile, 'consent'>, context: JsonObject): 'profile' | 'context' | undefined {
  if (Object.hasOwn(profile.consent, PURPOSE) && !profile.consent[PURPOSE]!.granted) return 'profile'
  return valueAt(context, PREFERENCE) === false ? 'context' : undefined
}
