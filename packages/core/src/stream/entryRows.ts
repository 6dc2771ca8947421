import type { Event } from '../event/event.ts'
import { type ExposedAnswer, type ImportedDecision, UNSTATED } from './entry.ts'
import { type Row, toRow } from './rows.ts'

export { eventRow } from './eventRow.ts'

/** What an event that is an exposure says was seen. */
export function exposureRow(workspace: string, source: string, event: Event, seen: ExposedAnswer): Row {
  return toRow('exposures', event.timestamp, {
    workspace,
    profile: source,
    timestamp: event.timestamp,
    message_id: event.messageId,
    request_id: seen.requestId,
    touchpoint: seen.touchpoint,
    experience: seen.experience,
    version: seen.version,
    variant: seen.control || seen.holdout ? '' : seen.variant,
    control: seen.control,
    holdout: seen.holdout,
    propensity: seen.propensity,
  })
}

/** A decision made elsewhere; its messageId stands for the request's id, and 0 for the versions it did not have. */
export function importedDecisionRow(
  workspace: string,
  source: string,
  bucketKey: string,
  decision: ImportedDecision,
): Row {
  return toRow('decisions', decision.timestamp, {
    workspace,
    profile: source,
    timestamp: decision.timestamp,
    request_id: decision.messageId,
    bucket_key: bucketKey,
    definitions: 0,
    context: decision.context,
    inputs: {},
    'answers.touchpoint': [decision.touchpoint],
    'answers.experience': [decision.experience],
    'answers.version': [0],
    'answers.variant': [variantOf(decision)],
    'answers.reason': [decision.control ? 'control' : decision.unstated ? UNSTATED : 'assigned'],
    'answers.propensity': [decision.propensity],
    'answers.control': [decision.control],
    'answers.holdout': [false],
    'answers.model': [''],
  })
}

/** The exposure of a decision that was made elsewhere: it was shown when it was made. */
export function importedExposureRow(workspace: string, source: string, decision: ImportedDecision): Row {
  return toRow('exposures', decision.timestamp, {
    workspace,
    profile: source,
    timestamp: decision.timestamp,
    message_id: decision.messageId,
    request_id: decision.messageId,
    touchpoint: decision.touchpoint,
    experience: decision.experience,
    version: 0,
    variant: variantOf(decision),
    control: decision.control,
    holdout: false,
    propensity: decision.propensity,
  })
}

function variantOf({ control, variant }: ImportedDecision): string {
  return control ? '' : variant
}
