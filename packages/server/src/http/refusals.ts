import { ANALYTICS } from '@espalier/core/consent'
import type { Applied, Entry } from '@espalier/core/stream'
import Type, { type Static } from 'typebox'
import type { ItemError } from '../problem.ts'

/** What may not be kept of a request, though nothing is wrong with it: clients need do nothing. */
export const Refusal = Type.Object({
  index: Type.Integer({ description: 'Its place in the batch.' }),
  reason: Type.String({
    description:
      'consent: somebody refused that it be stored. erased: its person was erased. nobody: its identifiers have just been blocked.',
  }),
  purpose: Type.Optional(Type.String({ description: 'What consent was needed for.' })),
  by: Type.Optional(
    Type.String({
      description:
        'Who refuses: person, request, gpc, dnt, or region and default where nobody said anything. With a secret key.',
    }),
  ),
})
export type Refusal = Static<typeof Refusal>

/** What was taken in, and otherwise than it may have been meant. */
export const Warning = Type.Object({
  index: Type.Optional(Type.Integer({ description: 'The item’s place in the batch; none for the request itself.' })),
  code: Type.String({
    description:
      'consent_unclear: `context.consent` says something that is neither a yes nor a no, and was taken for a no. amount_unclear: what stands where a report looks for an amount is beyond 1e12, or text that is no plain decimal, and counts in no report. exposure_foreign: an `Exposure` names the decision of somebody else, and counts for nobody; with a secret key. timestamp_ahead: an imported event is of a time to come, and counts as of now.',
  }),
  message: Type.String(),
})

/** A public key learns that it was not kept, and not who said so (R13). */
export function refusalsOf(entries: readonly Entry[], applied: readonly Applied[], secret: boolean): Refusal[] {
  return applied.flatMap(({ outcome, reason, by }, i): Refusal[] => {
    if (outcome !== 'refused' || reason === undefined) return []
    const consent = reason === 'consent'
    return [
      {
        index: indexOf(entries[i]!) ?? i,
        reason,
        ...(consent && { purpose: ANALYTICS }),
        ...(consent && secret && by !== undefined && { by }),
      },
    ]
  })
}

/** What was found out of items only as they were stored: exposures to what somebody else was given. */
export function foreignOf(entries: readonly Entry[], applied: readonly Applied[]): ItemError[] {
  const warnings: ItemError[] = []
  for (const [i, { foreign }] of applied.entries()) {
    if (foreign) warnings.push({ index: indexOf(entries[i]!) ?? i, ...EXPOSURE_FOREIGN })
  }
  return warnings
}

/** What an import is told of an event whose time was cut (R10): of a day and a month in the wrong order, for instance. */
export const TIMESTAMP_AHEAD = {
  code: 'timestamp_ahead',
  message:
    'timestamp lies ahead of the server’s clock: the event counts as of now. Look how the file writes its times.',
}

/** What whoever brings an exposure to somebody else’s answer is told. */
export const EXPOSURE_FOREIGN = {
  code: 'exposure_foreign',
  message:
    'properties.decisionId was given to somebody else, so nobody counts as exposed: name whom the decision was asked for, or unite the two by an identify before it.',
}

function indexOf(entry: Entry): number | undefined {
  if (entry.kind === 'event') return entry.event.index
  return entry.kind === 'decision' ? entry.decision.index : undefined
}
