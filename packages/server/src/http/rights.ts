import type { Json } from '@espalier/core'
import { maskEvent, maskMail, maskProfile, personalFields, personalPlace } from '@espalier/core/consent'
import { languageOf } from '@espalier/core/plan'
import { formatPath } from '@espalier/core/problem'
import type { Profile } from '@espalier/core/profile'
import type { ApiKey } from '@espalier/store'
import type { LiveSet } from '../pipeline/definitions.ts'
import { Problem } from '../problem.ts'
import type { ShownEvent } from './timelinePage.ts'

/** Whether the bearer of a key may see what is personal: everybody with a secret key, and no analyst. */
export function seesPersonal(key: ApiKey | undefined): boolean {
  return key?.kind === 'secret'
}

/** A person as the bearer of a key may see them. */
export function profileFor(key: ApiKey | undefined, profile: Profile, { settings, compiled }: LiveSet): Profile {
  return seesPersonal(key) ? profile : maskProfile(profile, personalFields(settings.personal, compiled.identity))
}

/** A timeline as the bearer of a key may see it. */
export function timelineFor(
  key: ApiKey | undefined,
  timeline: readonly ShownEvent[],
  { settings }: LiveSet,
): readonly ShownEvent[] {
  if (seesPersonal(key)) return timeline
  const fields = personalFields(settings.personal)
  return timeline.map(event => maskEvent(event, fields))
}

/** The name of an event, which anybody may give, as the bearer of a key may see it. */
export function nameFor(key: ApiKey | undefined, name: string, { settings }: LiveSet): string {
  return seesPersonal(key) ? name : maskMail(name, personalFields(settings.personal))
}

/**
 * How many a condition of one's own choice holds for tells a value, a letter at a time: whoever may not see what is personal may
 * not ask by it either. `name`: of the body's member that holds the conditions.
 */
export function refusePersonal(
  key: ApiKey | undefined,
  body: Readonly<Record<string, unknown>>,
  name: string,
  { settings, published }: LiveSet,
): void {
  if (seesPersonal(key)) return
  const fields = personalFields(settings.personal)
  const place = personalPlace(body[name] as Json | undefined, fields, languageOf(published).computed)
  if (place === undefined) return
  const path = formatPath([name, ...place])
  throw new Problem('wrong_key', `${path} looks at what is personal.`, { path: `body.${path}` })
}
