import { maskExplanation, personalFields } from '@espalier/core/consent'
import { languageOf } from '@espalier/core/plan'
import type { Decided } from '../pipeline/decide.ts'
import type { LiveSet } from '../pipeline/definitions.ts'
import type { TakenIn } from './takeIn.ts'

type One = Decided['answers'][number]

/** What is told besides the answers, and to whom. */
interface Telling extends Pick<TakenIn, 'errors' | 'refused'> {
  readonly warnings: readonly object[]
  /** With a secret key everything is told. */
  readonly secret: boolean
  readonly set: LiveSet
}

/**
 * The answer to a decide request as JSON. Written by hand, since most of it is the same for many: names, keys of definitions, and
 * contents that were written before.
 */
export function answerText({ requestId, profile, answers }: Decided, telling: Telling): string {
  const { errors, refused, warnings } = telling
  let text = `{"requestId":"${requestId}"`
  if (telling.secret && profile !== undefined) text += `,"profile":"${profile}"`
  text += `,"answers":${byTouchpoint(answers, telling)}`
  if (errors.length > 0) text += `,"errors":${JSON.stringify(errors)}`
  if (refused.length > 0) text += `,"refused":${JSON.stringify(refused)}`
  if (warnings.length > 0) text += `,"warnings":${JSON.stringify(warnings)}`
  return `${text}}`
}

/** In the order asked. */
function byTouchpoint(answers: Decided['answers'], telling: Telling): string {
  let text = '{'
  for (let i = 0; i < answers.length; ) {
    const one = answers[i++]!
    const { touchpoint, rank } = one.answer
    const first = membersText(one, telling)
    if (text !== '{') text += ','
    text += `${JSON.stringify(touchpoint)}:{${first}`
    if (rank !== undefined) {
      // Those of the other slots follow the best.
      text += `,"ranked":[{${first}}`
      for (; i < answers.length && answers[i]!.answer.touchpoint === touchpoint; i++) {
        text += `,{${membersText(answers[i]!, telling)}}`
      }
      text += ']'
    }
    text += '}'
  }
  return `${text}}`
}

/** Keys of definitions and reasons have no character that JSON would write otherwise. */
function membersText({ answer, decisionId }: One, { secret, set }: Telling): string {
  const { reason, experience, version, variant, content, control, holdout, missing, offer, explanation } = answer
  let text = decisionId === undefined ? `"reason":"${reason}"` : `"decisionId":"${decisionId}","reason":"${reason}"`
  if (experience !== undefined) text += `,"experience":"${experience}","version":${version}`
  if (variant !== undefined) text += `,"variant":"${variant}"`
  text += `,"content":${set.compiled.texts.json(content)},"control":${control},"holdout":${holdout}`
  if (secret) text += `,"propensity":${answer.propensity}`
  if (secret && answer.held !== undefined) text += `,"held":${JSON.stringify(answer.held)}`
  if (missing !== undefined) text += `,"missing":${JSON.stringify(missing)}`
  if (secret && answer.fault !== undefined) text += `,"fault":${JSON.stringify(answer.fault)}`
  if (offer !== undefined) text += `,"offer":${JSON.stringify(offer)}`
  if (explanation === undefined) return text
  return `${text},"explanation":${JSON.stringify(secret ? explanation : masked(explanation, set))}`
}

/** Whoever has a link may see why, and nothing that is personal. */
function masked(explanation: NonNullable<One['answer']['explanation']>, { settings, published }: LiveSet) {
  return maskExplanation(explanation, personalFields(settings.personal), languageOf(published).computed)
}
