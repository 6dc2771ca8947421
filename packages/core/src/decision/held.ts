import { type Assigned, assignedKey } from '../profile/bound.ts'
import type { CompiledExperience } from './compiled.ts'
import type { Person } from './moment.ts'

/** What a sticky split gave somebody and still holds: not what it gave before the experience began anew. */
export function assignedBy(
  { key, policy, start, draws, variants }: CompiledExperience,
  { bound }: Pick<Person, 'bound'>,
): Assigned | undefined {
  if (policy?.sticky === undefined || bound?.assigned === undefined) return undefined
  const name = assignedKey(key, draws.seed)
  const assigned = Object.hasOwn(bound.assigned, name) ? bound.assigned[name]! : undefined
  if (assigned === undefined || assigned.at < start) return undefined
  // A variant that is gone can be held no more.
  return assigned.arm === 'variant' && !variants.some(({ key }) => key === assigned.variant) ? undefined : assigned
}

/** Whether an experience goes on for somebody whom its audience, or what it requires, would not let in now. */
export function staysIn(experience: CompiledExperience, person: Person): boolean {
  return experience.policy?.sticky === 'once' && assignedBy(experience, person) !== undefined
}
