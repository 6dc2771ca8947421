import type { Json } from '@espalier/core'
import { HIDDEN, mask, personalFields, personalPlace } from '@espalier/core/consent'
import { languageOf, planSourceOf } from '@espalier/core/plan'
import type { Profile } from '@espalier/core/profile'
import { compileAggregate } from '@espalier/core/segment'
import type { ApiKey } from '@espalier/store'
import type { LiveSet } from '../pipeline/definitions.ts'
import { seesPersonal } from './rights.ts'

/**
 * A person's computed traits at an instant, as the bearer of a key may see them; null: nothing to make it of. One whose events
 * are still being read from the log is left out: what it is made of is not whole yet.
 */
export function computedFor(
  key: ApiKey | undefined,
  profile: Profile,
  { published, settings }: LiveSet,
  now: number,
): Record<string, Json> {
  const { zone, computed } = languageOf(published)
  if (computed.size === 0) return {}
  const building = new Set(
    planSourceOf(published)
      .signals.filter(({ filled }) => !filled)
      .map(({ need }) => need.key),
  )
  const fields = seesPersonal(key) ? undefined : personalFields(settings.personal)
  const values = [...computed].flatMap(([name, aggregate]): [string, Json][] => {
    const { read, needs } = compileAggregate(aggregate, zone)
    if (needs.some(need => building.has(need.key))) return []
    const value = read(profile, now) ?? null
    if (fields === undefined) return [[name, value]]
    const hides = personalPlace({ computed: name }, fields, computed) !== undefined
    return [[name, hides && value !== null ? HIDDEN : mask(value, 'properties', fields)]]
  })
  return Object.fromEntries(values)
}
