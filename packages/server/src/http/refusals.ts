import { ANALYTICS } from '@espalier/core/consent'
import type { Applied, Entry } from '@espalier/core/stream'
import Type, { type Static } from 'typebox'

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
      'consent_unclear: `context.consent` says something that is neither a yes nor a no, and was taken for a no.',
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

function indexOf(entry: Entry): number | undefined {
  if (entry.kind === 'event') return entry.event.index
  return entry.kind === 'decision' ? entry.decision.index : undefined
}
