import type { Asked } from '../event/asked.ts'
import { compareStamps } from '../event/stamp.ts'
import type { Profile } from '../profile/profile.ts'
import type { Place } from './place.ts'
import type { ConsentRules, Otherwise } from './rules.ts'

/** Whether something may be done for a purpose, and who says so. */
export interface Permission {
  readonly permitted: boolean
  readonly by: PermissionBy
}

export type PermissionBy =
  /** The browser's signal that came with the request. */
  | 'gpc'
  | 'dnt'
  /** What the request says itself. */
  | 'request'
  /** What the person last said, by event time. */
  | 'person'
  /** Nobody said anything: what holds in the place, or everywhere else. */
  | Otherwise

/**
 * Whether a purpose is permitted (R8): the one place where that is decided, for storing (`analytics`), deciding
 * (`personalization`), sending and exporting alike. In this order:
 *
 * 1. A signal of the browser refuses what the workspace says it refuses, whatever else was said.
 * 2. A request may refuse for itself; it cannot overrule the person's refusal. (An event can, since its statement is the
 *    person's from then on: the caller passes what the person says with the event's statement in it, by event time.)
 * 3. What the person last said. Of two statements of one instant the refusal counts.
 * 4. A request may grant where the person has said nothing.
 * 5. What holds in the place: opt-in or opt-out.
 */
export function permits(
  purpose: string,
  person: Profile['consent'],
  asked: Asked,
  place: Place | undefined,
  rules: ConsentRules,
): Permission {
  const names = rules.names(purpose)
  const signal = asked.signals.find(one => names.some(name => rules.refusedBy(one).has(name)))
  if (signal !== undefined) return { permitted: false, by: signal }
  const requested = statedIn(asked, names)
  if (requested === false) return REQUEST_REFUSES
  const said = lastSaid(person, names)
  if (said !== undefined) return said ? PERSON_GRANTS : PERSON_REFUSES
  if (requested === true) return REQUEST_GRANTS
  const { rule, by } = rules.otherwise(purpose, place)
  return { permitted: rule === 'opt-out', by }
}

const REQUEST_REFUSES: Permission = { permitted: false, by: 'request' }
const REQUEST_GRANTS: Permission = { permitted: true, by: 'request' }
const PERSON_REFUSES: Permission = { permitted: false, by: 'person' }
const PERSON_GRANTS: Permission = { permitted: true, by: 'person' }

/** Of several names for one purpose a refusal counts. */
function statedIn({ stated }: Asked, names: readonly string[]): boolean | undefined {
  let granted: boolean | undefined
  for (const name of names) {
    if (!Object.hasOwn(stated, name)) continue
    if (stated[name] === false) return false
    granted = true
  }
  return granted
}

function lastSaid(consent: Profile['consent'], names: readonly string[]): boolean | undefined {
  let last: Profile['consent'][string] | undefined
  for (const name of names) {
    const one = Object.hasOwn(consent, name) ? consent[name]! : undefined
    if (one === undefined) continue
    const order = last === undefined ? 1 : compareStamps(one, last)
    if (order > 0 || (order === 0 && !one.granted)) last = one
  }
  return last?.granted
}
