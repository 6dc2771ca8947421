import type { Content, Filled } from '../content/compile.ts'
import type { Fault } from '../content/fault.ts'
import type { World } from '../content/world.ts'
import type { Json } from '../json.ts'
import type { Answer, Reason } from './answer.ts'
import type { Chosen } from './assign.ts'
import type { CompiledExperience, CompiledTouchpoint } from './compiled.ts'

/** Answers are made by the hundred thousand a second: copying objects for each would take longer than deciding. */
type Draft = { -readonly [K in keyof Answer]: Answer[K] }

/**
 * The variant's content; where it cannot be made, the first of the experience's fallbacks that can; then the default. `world` is
 * what the experience shows of, `moment` what the default does.
 */
export function show(
  touchpoint: CompiledTouchpoint,
  world: World,
  moment: World,
  experience: CompiledExperience,
  { variant, propensity, model }: Chosen,
  reason: 'assigned' | 'preview',
): Answer {
  const meant = variant.content.get(touchpoint.key)!
  const made: Made = meant.constant ?? make(touchpoint, meant, world)
  const answer: Draft = {
    touchpoint: touchpoint.key,
    reason,
    experience: experience.key,
    version: experience.version,
    variant: variant.key,
    content: made.content,
    control: false,
    holdout: false,
    propensity,
  }
  if (model !== undefined) answer.model = model
  if (meant.constant !== undefined || made.fault === undefined) return answer
  // The arm stays the variant's: who was drawn must not depend on what the catalog holds today.
  answer.fault = made.fault
  if (made.missing.length > 0) answer.missing = made.missing
  const instead = firstMade(touchpoint, experience.fallbacks, world)
  if (reason === 'assigned') answer.reason = instead === undefined ? made.fault.code : 'fallback'
  answer.content = instead === undefined ? touchpoint.fallback.fill(moment).content : instead.content
  return answer
}

/** The default content for somebody who is left out of an experience, or for whom its policy chose nothing. */
export function leftOut(
  touchpoint: CompiledTouchpoint,
  world: World,
  experience: CompiledExperience,
  reason: 'control' | 'holdout' | 'default',
  propensity: number,
): Answer {
  const { content, missing, fault } = touchpoint.fallback.fill(world)
  const answer: Draft = {
    touchpoint: touchpoint.key,
    reason,
    experience: experience.key,
    version: experience.version,
    content,
    control: reason === 'control',
    holdout: reason === 'holdout',
    propensity,
  }
  if (missing.length > 0) answer.missing = missing
  if (fault !== undefined) answer.fault = fault
  return answer
}

/** The default content, with null for items it lacks; null where it cannot be made at all. */
export function byDefault(touchpoint: CompiledTouchpoint, world: World, reason: Reason): Answer {
  const { content, missing, fault } = touchpoint.fallback.fill(world)
  const answer: Draft = withoutExperience(touchpoint.key, reason, content)
  if (missing.length > 0) answer.missing = missing
  if (fault !== undefined) answer.fault = fault
  return answer
}

export function withoutExperience(touchpoint: string, reason: Reason, content: Json): Answer {
  return { touchpoint, reason, content, control: false, holdout: false, propensity: 1 }
}

/** The first of an experience's fallbacks that can be made. */
function firstMade(
  touchpoint: CompiledTouchpoint,
  fallbacks: CompiledExperience['fallbacks'],
  world: World,
): Made | undefined {
  for (const fallback of fallbacks) {
    const content = fallback.get(touchpoint.key)
    const made = content && make(touchpoint, content, world)
    if (made !== undefined && made.fault === undefined) return made
  }
  return undefined
}

type Made = Pick<Filled, 'content' | 'missing' | 'fault'>

const MISFIT: Fault = { code: 'misfit', message: 'what was made does not fit the touchpoint’s schema' }

function make(touchpoint: CompiledTouchpoint, content: Content, world: World): Made {
  const made = content.fill(world)
  const fault = made.fault ?? faultOf(made, content, touchpoint)
  if (fault === undefined) return made
  world.takeBack?.()
  return { ...made, fault }
}

function faultOf(made: Filled, { moves }: Content, { fits }: CompiledTouchpoint): Fault | undefined {
  if (made.missing.length > 0) {
    const message = `the catalog has no ${made.missing.map(id => `"${id}"`).join(', ')}`
    return { code: 'missing-item', message }
  }
  return moves && fits?.(made) === false ? MISFIT : undefined
}
