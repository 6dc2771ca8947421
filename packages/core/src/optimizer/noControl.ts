import { complete } from '../definition/index.ts'
import { many, whole } from '../words.ts'
import type { Suggestion } from './suggestion.ts'
import type { Watch, Watched } from './watched.ts'
import { nameOf } from './words.ts'

/** Fewer people are no reason to speak of it. */
const FEWEST_PEOPLE = 100
/** A value to start with: a tenth left out. */
const PROPOSED = 0.1

/** Nobody is left out: neither of the experience nor of the whole programme. One a touchpoint. */
export function noControl({ experiences, holdout }: Watch): Suggestion[] {
  if (holdout > 0) return []
  // Whom a rollout has not reached yet is left out so long, and stopped it reaches nobody.
  const without = experiences.filter(
    ({ experience, people, rolledOut = 1 }) =>
      people >= FEWEST_PEOPLE && rolledOut === 1 && complete('experience', experience.body).control === 0,
  )
  const byTouchpoint = new Map<string, Watched[]>()
  for (const watched of without) {
    for (const touchpoint of watched.experience.body.touchpoints.slice(0, 1)) {
      byTouchpoint.set(touchpoint, [...(byTouchpoint.get(touchpoint) ?? []), watched])
    }
  }
  return [...byTouchpoint].map(([touchpoint, some]): Suggestion => {
    const people = some.reduce((sum, one) => sum + one.people, 0)
    const names = some.map(({ experience }) => `"${nameOf(experience)}"`)
    const [first] = some
    const days = Math.max(...some.map(one => one.peopleDays))
    return {
      kind: 'no-control',
      about: { touchpoint, ...(some.length === 1 && { experience: first!.experience.key }) },
      reason: `"${touchpoint}" has no control group: ${names.join(', ')} ${some.length === 1 ? 'was' : 'were'} decided for ${whole(people)} people in ${many(days, 'day')} and nobody is left out, so what that brings cannot be known.`,
      evidence: { people, days, experiences: some.length },
      expected: null,
      action: {
        say: `Leave a tenth of the people out (control: ${PROPOSED}), or a holdout of the whole programme (settings: holdout).`,
        call: { method: 'PUT', path: `/v1/experiences/${first!.experience.key}` },
      },
    }
  })
}
