import { inRange } from '../bucket/bucket.ts'
import type { Permission } from '../consent/permits.ts'
import { PERSONALIZATION } from '../consent/rules.ts'
import type { JsonObject } from '../json.ts'
import type { Assigned } from '../profile/bound.ts'
import type { CompiledCondition } from '../segment/node.ts'
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
    return explainCandidate(experience, outcome, moment, person)
  })
  const resting = touchpoint.resting.map(experience =>
    explainCandidate(experience, experience.status as Outcome, moment, person),
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
  { subject, set }: Moment,
  person: Person,
): JsonObject {
  const held = assignedBy(experience, person)
  const { audience } = experience
  return {
    experience: experience.key,
    version: experience.version,
    priority: experience.priority,
    outcome,
    // Everybody, where it has none.
    audience: audience?.explain(subject) ?? null,
    // What it looks at is kept from when it runs, and filled in from the log then: until that is done it looks as if nothing had happened.
    ...(audience && !knows(set, audience) && { complete: false }),
    // Given before, and kept: by a sticky split that asks once its audience need not hold any more.
    ...(held && { held: explainHeld(held) }),
  }
}

/** Whether all that a condition needs kept of people is. */
function knows({ plan }: CompiledSet, { needs }: CompiledCondition): boolean {
  return needs.every(need => {
    const kept = plan.signals.get(need.key)
    if (kept === undefined || !kept.filled) return false
    return need.kind !== 'times' || kept.need.kind !== 'times' || kept.need.keep >= need.keep
  })
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
  const { draws, policy, variants } = experience
  const { seed, control, variant } = draws
  const before = assignedBy(experience, person)
  const assignment = assign(experience, subject, bucketKey, before)
  // Another policy has chances, and may have a draw, of its own; what is held was drawn by the shares of then.
  const bySplit = assignment?.held === undefined && (policy === undefined || policy.sticky !== undefined)
  return {
    seed,
    control: { point: control.point(bucketKey), below: control.range[1], held: assignment === undefined },
    variant: {
      ...(bySplit && {
        point: variant.point(bucketKey),
        ranges: variants.map(({ key }, i) => ({ variant: key, range: [...variant.ranges[i]!] })),
      }),
      // Undefined in the control group: the variant is not drawn.
      drawn: assignment?.variant?.key ?? null,
    },
    ...(policy && assignment ? { policy: { propensity: assignment.propensity, model: assignment.model ?? null } } : {}),
  }
}
