import { inRange } from '../bucket/bucket.ts'
import type { Permission } from '../consent/permits.ts'
import { PERSONALIZATION } from '../consent/rules.ts'
import type { JsonObject } from '../json.ts'
import type { Assigned } from '../profile/bound.ts'
import type { Subject } from '../segment/subject.ts'
import { assign } from './assign.ts'
import type { CompiledExperience, CompiledSet, CompiledTouchpoint } from './compiled.ts'
import { type Obstacle, obstacle, type Unfit, unfit } from './eligible.ts'
import { assignedBy } from './held.ts'
import type { Moment, Person } from './moment.ts'

/** What became of an experience that was considered. */
type Outcome = 'won' | 'lower-priority' | Unfit | Obstacle | 'draft' | 'paused' | 'ended'

export function explainConsent({ by }: Permission): JsonObject {
  return { consent: { purpose: PERSONALIZATION, refusedBy: by } }
}

/**
 * Why a person gets what they get at a touchpoint: every experience that names it, in the order considered, each with its
 * audience condition by condition; then the draws with their points and ranges.
 */
export function explainTouchpoint(touchpoint: CompiledTouchpoint, moment: Moment, person: Person): JsonObject {
  const { subject, set } = moment
  let winner: CompiledExperience | undefined
  let won = 0
  const candidates = touchpoint.candidates.map(({ experience }) => {
    const hindered = unfit(experience, moment, person) ?? obstacle(experience, touchpoint, moment, person)
    const outcome: Outcome = hindered ?? (won < touchpoint.slots ? 'won' : 'lower-priority')
    if (outcome === 'won') {
      won++
      winner ??= experience
    }
    return explainCandidate(experience, outcome, subject, person)
  })
  const resting = touchpoint.resting.map(experience =>
    explainCandidate(experience, experience.status as Outcome, subject, person),
  )
  const { bucketKey } = person
  return {
    candidates: [...candidates, ...resting],
    ...(winner && {
      holdout: explainHoldout(set, bucketKey, subject.now),
      draw: explainDraw(winner, subject, person),
    }),
  }
}

/** Why a person would get what they would get, where a preview forces a variant; undefined for a bot, which is nobody. */
export function explainForced(
  touchpoint: CompiledTouchpoint,
  moment: Moment,
  permission: Permission | undefined,
): JsonObject | undefined {
  if (permission?.permitted === false) return explainConsent(permission)
  return moment.person && explainTouchpoint(touchpoint, moment, moment.person)
}

function explainCandidate(
  experience: CompiledExperience,
  outcome: Outcome,
  subject: Subject,
  person: Person,
): JsonObject {
  const held = assignedBy(experience, person)
  return {
    experience: experience.key,
    version: experience.version,
    priority: experience.priority,
    outcome,
    // Everybody, where it has none.
    audience: experience.audience?.explain(subject) ?? null,
    // Given before, and kept: by a sticky split that asks once its audience need not hold any more.
    ...(held && { held: explainHeld(held) }),
  }
}

function explainHoldout({ holdout }: CompiledSet, bucketKey: string, now: number): JsonObject {
  const point = holdout.point(bucketKey, now)
  return { quarter: holdout.quarter(now), point, below: holdout.range[1], held: inRange(point, holdout.range) }
}

function explainHeld({ arm, variant, at, propensity }: Assigned): JsonObject {
  return { arm, ...(arm === 'variant' && { variant }), since: at, propensity }
}

function explainDraw(experience: CompiledExperience, subject: Subject, person: Person): JsonObject {
  const { bucketKey } = person
  const { seed, control, variant } = experience.draws
  const point = control.point(bucketKey)
  const assignment = assign(experience, subject, bucketKey, assignedBy(experience, person))
  return {
    seed,
    control: { point, below: control.range[1], held: inRange(point, control.range) },
    variant: {
      point: variant.point(bucketKey),
      ranges: experience.variants.map(({ key }, i) => ({ variant: key, range: [...variant.ranges[i]!] })),
      // Undefined in the control group: the variant is not drawn.
      drawn: assignment?.variant?.key ?? null,
    },
    ...(experience.policy && assignment
      ? { policy: { propensity: assignment.propensity, model: assignment.model ?? null } }
      : {}),
  }
}
