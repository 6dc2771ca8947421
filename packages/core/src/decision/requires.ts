import type { Requirement } from '../definition/experience.ts'
import { assign } from './assign.ts'
import type { Moment, Person } from './moment.ts'

/** Whether another experience has to do with a person as required. */
export function compileRequirement(requirement: Requirement): (moment: Moment, person: Person) => boolean {
  const { not = false, state = 'assigned' } = requirement
  const holds = state === 'seen' ? hasSeen(requirement) : isAssigned(requirement)
  return (moment, person) => holds(moment, person) !== not
}

type Holds = (moment: Moment, person: Person) => boolean

/** By the draws alone, so that it is the same whether the other one is running or over, and for who is in the holdout. */
function isAssigned({ experience: key, variant }: Requirement): Holds {
  return ({ set, subject }, { bucketKey }) => {
    const experience = set.experiences.get(key)
    if (experience === undefined || experience.inLayer?.(bucketKey) === false) return false
    const assigned = assign(experience, subject, bucketKey)
    return assigned?.variant !== undefined && (variant === undefined || assigned.variant.key === variant)
  }
}

function hasSeen({ experience, variant }: Requirement): Holds {
  return (_, { bound }) => {
    const seen = bound !== undefined && Object.hasOwn(bound.seen, experience) ? bound.seen[experience] : undefined
    // Those who saw the default content of its control group have not seen it.
    return seen !== undefined && seen.variant !== '' && (variant === undefined || seen.variant === variant)
  }
}
