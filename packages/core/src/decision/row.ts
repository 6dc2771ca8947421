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
  const answers = decided.decision.answers.filter(isLogged)
  if (answers.length === 0) return undefined
  const column = <T>(read: (answer: Answer) => T): T[] => answers.map(read)
  return {
    workspace: decided.workspace,
    profile: decided.profile,
    timestamp: decided.timestamp,
    request_id: decided.requestId,
    bucket_key: decided.bucketKey,
    definitions: decided.definitions,
    context: decided.context,
    inputs: decided.decision.inputs,
    'answers.touchpoint': column(answer => answer.touchpoint),
    'answers.experience': column(answer => answer.experience ?? ''),
    'answers.version': column(answer => answer.version ?? 0),
    'answers.variant': column(answer => answer.variant ?? ''),
    'answers.reason': column(answer => answer.reason),
    'answers.propensity': column(answer => answer.propensity),
    'answers.control': column(answer => answer.control),
    'answers.holdout': column(answer => answer.holdout),
    'answers.model': column(answer => answer.model ?? ''),
  }
}
