import { askedBy, type Signal } from '../event/asked.ts'
import { type JsonObject, objectOf } from '../json.ts'
import type { ConsentRules } from './rules.ts'

/**
 * A context with the browser's signals in it: named in `consent.signals`, and what they refuse said in
 * `consent.categoryPreferences`, so that it becomes the person's own statement and holds later too, where there is no
 * request (sends, exports, audiences). A signal wins over what the same context grants. The context given stays as it is.
 */
export function withSignals(context: JsonObject, noted: readonly Signal[], rules: ConsentRules): JsonObject {
  // Most say nothing at all.
  if (noted.length === 0 && context.consent === undefined) return context
  const { signals, stated } = askedBy(context)
  const all = [...new Set([...signals, ...noted])]
  if (all.length === 0) return context
  const refused = all.flatMap(signal => [...rules.refusedBy(signal)])
  const consent = objectOf(context.consent)
  const known = all.length === signals.length && refused.every(purpose => stated[purpose] === false)
  if (known) return context
  const preferences = objectOf(consent?.categoryPreferences)
  const refusals = Object.fromEntries(refused.map(purpose => [purpose, false]))
  return {
    ...context,
    consent: { ...consent, signals: all, categoryPreferences: { ...preferences, ...refusals } },
  }
}
