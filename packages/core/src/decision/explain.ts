import type { Permission } from '../consent/permits.ts'
import { PERSONALIZATION } from '../consent/rules.ts'
import type { JsonObject } from '../json.ts'
import type { Subject } from '../segment/subject.ts'
import { assign } from './assign.ts'
import { inRange } from './bucket.ts'
import type { CompiledExperience, CompiledSet, CompiledTouchpoint } from './compiled.ts'

/** What became of an experience that was considered. */
type Outcome = 'won' | 'lower-priority' | 'audience' | 'not-started' | 'over' | 'draft' | 'paused' | 'ended'

export function explainConsent({ by }: Permission): JsonObject {
  return { consent: { purpose: PERSONALIZATION, refusedBy: by } }
}

/**
 * Why a person gets what they get at a touchpoint: every experience that names it, in the order considered, each with its
 * audience condition by condition; then the draws with their points and ranges.
 */
export function explainTouchpoint(
  set: CompiledSet,
  touchpoint: CompiledTouchpoint,
  subject: Subject,
  bucketKey: string,
): JsonObject {
  let winner: CompiledExperience | undefined
  const candidates = touchpoint.candidates.map(({ experience }) => {
    const outcome = outcomeOf(experience, subject, winner !== undefined)
    if (outcome === 'won') winner = experience
    return explainCandidate(experience, outcome, subject)
  })
  const resting = touchpoint.resting.map(experience =>
    explainCandidate(experience, experience.status as Outcome, subject),
  )
  return {
    candidates: [...candidates, ...resting],
    ...(winner && {
      holdout: explainHoldout(set, bucketKey, subject.now),
      draw: explainDraw(winner, subject, bucketKey),
    }),
  }
}

function outcomeOf(experience: CompiledExperience, subject: Subject, decided: boolean): Outcome {
  if (subject.now < experience.start) return 'not-started'
  if (subject.now >= experience.end) return 'over'
  if (experience.audience?.test(subject) === false) return 'audience'
  return decided ? 'lower-priority' : 'won'
}

function explainCandidate(experience: CompiledExperience, outcome: Outcome, subject: Subject): JsonObject {
  return {
    experience: experience.key,
    version: experience.version,
    priority: experience.priority,
    outcome,
    // Everybody, where it has none.
    audience: experience.audience?.explain(subject) ?? null,
  }
}

function explainHoldout({ holdout }: CompiledSet, bucketKey: string, now: number): JsonObject {
  const point = holdout.point(bucketKey, now)
  return { quarter: holdout.quarter(now), point, below: holdout.range[1], held: inRange(point, holdout.range) }
}

function explainDraw(experience: CompiledExperience, subject: Subject, bucketKey: string): JsonObject {
  const { seed, control, variant } = experience.draws
  const point = control.point(bucketKey)
  const assignment = assign(experience, subject, bucketKey)
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
