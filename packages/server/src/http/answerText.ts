import { maskExplanation, personalFields } from '@espalier/core/consent'
import type { Answer } from '@espalier/core/decision'
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
    const { name, shown } = writtenOf(one.answer, telling)
    const first = membersText(one, shown, telling)
    if (text !== '{') text += ','
    text += name
    text += first
    if (rank !== undefined) {
      // Those of the other slots follow the best.
      text += `,"ranked":[{${first}}`
      for (; i < answers.length && answers[i]!.answer.touchpoint === touchpoint; i++) {
        const other = answers[i]!
        text += `,{${membersText(other, writtenOf(other.answer, telling).shown, telling)}}`
      }
      text += ']'
    }
    text += '}'
  }
  return `${text}}`
}

function membersText({ answer, decisionId }: One, shown: string, { secret, set }: Telling): string {
  const { offer, explanation } = answer
  let text = decisionId === undefined ? shown : `"decisionId":"${decisionId}",${shown}`
  if (offer !== undefined) text += `,"offer":${JSON.stringify(offer)}`
  if (explanation === undefined) return text
  return `${text},"explanation":${JSON.stringify(secret ? explanation : masked(explanation, set))}`
}

/** What is the same for many: the name of the touchpoint and the brace behind it, and the members that say what is shown. */
interface Written {
  readonly name: string
  readonly shown: string
}

/** By the content of a variant, where that is the same for everybody: of the last answer without a secret key that showed it. */
const known = new WeakMap<object, Written & { readonly of: Answer }>()

function writtenOf(answer: Answer, { secret, set }: Telling): Written {
  const { content, reason } = answer
  const isShared = reason === 'assigned' && !secret && typeof content === 'object' && content !== null
  const kept = isShared ? known.get(content) : undefined
  if (kept !== undefined && isAlike(kept.of, answer)) return kept
  const name = `${JSON.stringify(answer.touchpoint)}:{`
  const shown = shownText(answer, secret, set)
  if (isShared && set.compiled.texts.isConstant(content)) {
    // In one piece each, since they are copied into many answers.
    known.set(content, { name: inOnePiece(name), shown: inOnePiece(shown), of: answer })
  }
  return { name, shown }
}

/** Whether a variant's answer says nothing that the other does not, but for what was drawn and granted. */
function isAlike(one: Answer, other: Answer): boolean {
  return (
    one.variant === other.variant &&
    one.experience === other.experience &&
    one.version === other.version &&
    one.touchpoint === other.touchpoint &&
    one.control === other.control &&
    one.holdout === other.holdout &&
    one.missing === other.missing
  )
}

function inOnePiece(text: string): string {
  return Buffer.from(text).toString()
}

/** Keys of definitions and reasons have no character that JSON would write otherwise. */
function shownText(answer: Answer, secret: boolean, set: LiveSet): string {
  const { reason, experience, version, variant, content, control, holdout, missing } = answer
  let text = `"reason":"${reason}"`
  if (experience !== undefined) text += `,"experience":"${experience}","version":${version}`
  if (variant !== undefined) text += `,"variant":"${variant}"`
  text += `,"content":${set.compiled.texts.json(content)},"control":${control},"holdout":${holdout}`
  if (secret) text += `,"propensity":${answer.propensity}`
  if (secret && answer.held !== undefined) text += `,"held":${JSON.stringify(answer.held)}`
  if (missing !== undefined) text += `,"missing":${JSON.stringify(missing)}`
  if (secret && answer.fault !== undefined) text += `,"fault":${JSON.stringify(answer.fault)}`
  return text
}

/** Whoever has a link may see why, and nothing that is personal. */
function masked(explanation: NonNullable<One['answer']['explanation']>, { settings, published }: LiveSet) {
  return maskExplanation(explanation, personalFields(settings.personal), languageOf(published).computed)
}
