import { maskEvent, maskProfile, personalFields } from '@espalier/core/consent'
import type { Profile } from '@espalier/core/profile'
import type { ApiKey } from '@espalier/store'
import type { TimelineEvent } from '@espalier/warehouse'
import type { LiveSet } from '../pipeline/definitions.ts'

/** Whether the bearer of a key may see what is personal: everybody with a secret key, and no analyst. */
export function seesPersonal(key: ApiKey | undefined): boolean {
  return key?.kind === 'secret'
}

/** A person as the bearer of a key may see them. */
export function profileFor(key: ApiKey | undefined, profile: Profile, { settings }: LiveSet): Profile {
  return seesPersonal(key) ? profile : maskProfile(profile, personalFields(settings.personal))
}

/** A timeline as the bearer of a key may see it. */
export function timelineFor(
  key: ApiKey | undefined,
  timeline: readonly TimelineEvent[],
  { settings }: LiveSet,
): readonly TimelineEvent[] {
  if (seesPersonal(key)) return timeline
  const fields = personalFields(settings.personal)
  return timeline.map(event => maskEvent(event, fields))
}
