import { may } from '../consent/may.ts'
import { expire } from '../consent/retention.ts'
import { PERSONALIZATION } from '../consent/rules.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import type { Subject } from '../segment/subject.ts'
import type { Answer, Reason } from './answer.ts'
import { type Assignment, assign } from './assign.ts'
import { inRange } from './bucket.ts'
import type { Candidate, CompiledExperience, CompiledSet, CompiledTouchpoint, CompiledVariant } from './compiled.ts'
import type { ItemLookup, Template } from './content.ts'
import { explainConsent, explainTouchpoint } from './explain.ts'
import { type DecisionInputs, noInputs } from './inputs.ts'
import { forcedAt, type Preview } from './preview.ts'

export interface DecideInput {
  readonly set: CompiledSet
  /** The person; undefined for a known bot, which is nobody and gets the default content. */
  readonly profile: Pick<Profile, 'bucketKey' | 'traits' | 'signals' | 'consent'> | undefined
  /** What the caller sent. */
  readonly context: JsonObject
  /** Epoch milliseconds. */
  readonly now: number
  readonly touchpoints: readonly string[]
  readonly items: ItemLookup
  readonly preview?: Preview
  readonly explain?: boolean
}

export interface Decision {
  /** One for each touchpoint, in the order asked. */
  readonly answers: readonly Answer[]
  readonly inputs: DecisionInputs
  /** True where it was asked as a preview: then none of it happened. */
  readonly preview: boolean
}

type Person = NonNullable<DecideInput['profile']>

/**
 * What a person gets at each touchpoint. Total and pure: the same input has the same answer (R6).
 *
 * consent -> eligible -> pick by priority -> holdout -> control group -> variant. Who is held out is decided last, so that
 * those left out are just like those who are not; they get the default content, never the next experience.
 */
export function decide(input: DecideInput): Decision {
  const { set, context, preview } = input
  const now = preview?.at ?? input.now
  const profile = input.profile && expire(input.profile, set.retention, now)
  const inputs = noInputs()
  const answers: Answer[] = []
  const permission = profile && may(PERSONALIZATION, profile, context, set.consent)
  for (const key of input.touchpoints) {
    const touchpoint = set.touchpoints.get(key)
    if (touchpoint === undefined) {
      answers.push(withoutExperience(key, 'unknown-touchpoint', null))
      continue
    }
    const forced = preview && forcedAt(set, preview, key)
    if (forced !== undefined) {
      const { experience, variant } = forced
      answers.push(show(touchpoint, input.items, experience, { variant, propensity: 1 }, 'preview'))
    } else if (profile === undefined) answers.push(fallback(touchpoint, input.items, 'bot'))
    else if (permission?.permitted === false) {
      const answer = fallback(touchpoint, input.items, 'consent')
      answers.push(input.explain ? { ...answer, explanation: explainConsent(permission) } : answer)
    } else {
      const subject: Subject = { profile, context, now }
      const answer = decideOne(input, touchpoint, subject, profile, inputs)
      answers.push(
        input.explain
          ? { ...answer, explanation: explainTouchpoint(set, touchpoint, subject, profile.bucketKey) }
          : answer,
      )
    }
  }
  return { answers, inputs, preview: preview !== undefined }
}

function decideOne(
  { set, items }: DecideInput,
  touchpoint: CompiledTouchpoint,
  subject: Subject,
  { bucketKey }: Person,
  inputs: DecisionInputs,
): Answer {
  const winner = pick(touchpoint, subject)
  const considered = winner ?? touchpoint.candidates.at(-1)
  considered?.collect(subject, inputs)
  if (winner === undefined) return fallback(touchpoint, items, 'no-experience')

  const { experience } = winner
  const { holdout } = set
  if (inRange(holdout.point(bucketKey, subject.now), holdout.range)) {
    return leftOut(touchpoint, items, experience, 'holdout', holdout.propensity)
  }
  const assignment = assign(experience, subject, bucketKey)
  if (assignment === undefined) {
    return leftOut(touchpoint, items, experience, 'control', experience.draws.control.propensity)
  }
  const { variant } = assignment
  if (variant === undefined) return unchosen(touchpoint, items, experience, assignment)
  return show(touchpoint, items, experience, { ...assignment, variant }, 'assigned')
}

/** The first candidate that runs now and whose audience holds. */
function pick(touchpoint: CompiledTouchpoint, subject: Subject): Candidate | undefined {
  for (const candidate of touchpoint.candidates) {
    const { start, end, audience } = candidate.experience
    if (subject.now < start || subject.now >= end) continue
    if (audience === undefined || audience.test(subject)) return candidate
  }
  return undefined
}

function show(
  touchpoint: CompiledTouchpoint,
  items: ItemLookup,
  experience: CompiledExperience,
  { variant, propensity, model }: Assignment & { readonly variant: CompiledVariant },
  reason: 'assigned' | 'preview',
): Answer {
  const { content, missing } = variant.content.get(touchpoint.key)!.fill(items)
  const answer: Answer = {
    touchpoint: touchpoint.key,
    reason,
    experience: experience.key,
    version: experience.version,
    variant: variant.key,
    content,
    control: false,
    holdout: false,
    propensity,
    ...(model === undefined ? {} : { model }),
  }
  if (missing.length === 0) return answer
  // The arm stays the variant's: who was drawn must not depend on what the catalog holds today.
  return {
    ...answer,
    reason: reason === 'assigned' ? 'missing-item' : reason,
    content: defaultOf(touchpoint.fallback, items),
    missing,
  }
}

function leftOut(
  touchpoint: CompiledTouchpoint,
  items: ItemLookup,
  experience: CompiledExperience,
  reason: 'control' | 'holdout',
  propensity: number,
): Answer {
  const { content, missing } = touchpoint.fallback.fill(items)
  const answer: Answer = {
    touchpoint: touchpoint.key,
    reason,
    experience: experience.key,
    version: experience.version,
    content,
    control: reason === 'control',
    holdout: reason === 'holdout',
    propensity,
  }
  return missing.length === 0 ? answer : { ...answer, missing }
}

/** The policy chose none of the variants: somebody it has not reached, or whom no rule speaks of. */
function unchosen(
  touchpoint: CompiledTouchpoint,
  items: ItemLookup,
  experience: CompiledExperience,
  { propensity, model }: Assignment,
): Answer {
  return {
    ...fallback(touchpoint, items, 'default'),
    experience: experience.key,
    version: experience.version,
    propensity,
    ...(model === undefined ? {} : { model }),
  }
}

function fallback(touchpoint: CompiledTouchpoint, items: ItemLookup, reason: Reason): Answer {
  const { content, missing } = touchpoint.fallback.fill(items)
  const answer = withoutExperience(touchpoint.key, reason, content)
  return missing.length === 0 ? answer : { ...answer, missing }
}

function withoutExperience(touchpoint: string, reason: Reason, content: Json): Answer {
  return { touchpoint, reason, content, control: false, holdout: false, propensity: 1 }
}

function defaultOf(template: Template, items: ItemLookup): Json {
  return template.fill(items).content
}
