import type { JsonObject } from '../json.ts'
import type { DecisionRow } from '../stream/rows.ts'
import type { Answer, Reason } from './answer.ts'
import type { Decision } from './decide.ts'

export interface Decided {
  readonly workspace: string
  /** The source profile of the identifier that asked, as for events. */
  readonly profile: string
  readonly bucketKey: string
  readonly requestId: string
  /** Epoch milliseconds. */
  readonly timestamp: number
  /** Version of the definitions the request saw. */
  readonly definitions: number
  readonly context: JsonObject
  readonly decision: Decision
}

/** Whether an answer goes to the log. Refused consent leaves no trace (R8); bots are nobody, and what does not exist was not decided. */
const LOGGED: Readonly<Record<Reason, boolean>> = {
  assigned: true,
  'missing-item': true,
  'too-few-items': true,
  'template-error': true,
  'no-price': true,
  misfit: true,
  fallback: true,
  default: true,
  control: true,
  holdout: true,
  'no-experience': true,
  capped: true,
  'not-eligible': true,
  'offer-expired': true,
  'offer-used': true,
  'sold-out': true,
  'not-bound': true,
  consent: false,
  'unknown-touchpoint': false,
  bot: false,
  preview: false,
}

/** Whether an answer that is no preview's is in the log. */
export function isLogged({ reason }: Answer): boolean {
  return LOGGED[reason]
}

/** The decision log's row of a request (R7); undefined where nothing of it is to be logged. */
export function decisionRow(decided: Decided): DecisionRow | undefined {
  if (decided.decision.preview) return undefined
  const row = {
    workspace: decided.workspace,
    profile: decided.profile,
    timestamp: decided.timestamp,
    request_id: decided.requestId,
    bucket_key: decided.bucketKey,
    definitions: decided.definitions,
    context: decided.context,
    inputs: decided.decision.inputs,
    'answers.touchpoint': [] as string[],
    'answers.experience': [] as string[],
    'answers.version': [] as number[],
    'answers.variant': [] as string[],
    'answers.reason': [] as string[],
    'answers.propensity': [] as number[],
    'answers.control': [] as boolean[],
    'answers.holdout': [] as boolean[],
    'answers.model': [] as string[],
  }
  // One after the other: what `map` makes may have holes, as far as the engine knows, and is written as JSON at half the speed.
  for (const answer of decided.decision.answers) {
    if (!isLogged(answer)) continue
    row['answers.touchpoint'].push(answer.touchpoint)
    row['answers.experience'].push(answer.experience ?? '')
    row['answers.version'].push(answer.version ?? 0)
    row['answers.variant'].push(answer.variant ?? '')
    row['answers.reason'].push(answer.reason)
    row['answers.propensity'].push(answer.propensity)
    row['answers.control'].push(answer.control)
    row['answers.holdout'].push(answer.holdout)
    row['answers.model'].push(answer.model ?? '')
  }
  return row['answers.touchpoint'].length === 0 ? undefined : row
}
