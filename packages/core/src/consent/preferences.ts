import { type Json, type JsonObject, objectOf } from '../json.ts'

/** A context in which what is said of consent is true or false, and what of it could not be read. */
export interface ReadConsent {
  readonly context: JsonObject
  /** What was written that is neither yes nor no, where, what it was taken for, and the mend; undefined: nothing. */
  readonly unclear?: string
}

/**
 * Other ways in which consent managers write what Segment has as true and false: Google's consent mode (granted, denied),
 * OneTrust's groups (1, 0), Adobe's (y, n), and true and false as text, in any case. Nothing else is a yes.
 */
const YES = new Set(['true', 'granted', 'yes', 'y', '1'])
const NO = new Set(['false', 'denied', 'no', 'n', '0'])

const AT = 'context.consent.categoryPreferences'
const MEND = 'send an object of purposes that are true or false'
/** Of so many purposes an answer says that they are unclear, and so much of each value. */
const SHOWN = 3
const LONGEST = 40

/**
 * Reads `consent.categoryPreferences` once, where a context comes in, so that all that follows (the stream, the warehouse, a
 * decision) finds true or false. What is plainly a yes or a no is that. What is neither is taken for a no (R8): somebody was
 * asked about that purpose and no yes arrived; a refusal must not be lost by a client's mistake. `null` says nothing: not
 * answered yet. The context given stays as it is, and is given back where there is nothing to change.
 */
export function readConsent(context: JsonObject): ReadConsent {
  const { consent } = context
  if (consent === undefined || consent === null) return { context }
  const preferences = objectOf(consent)?.categoryPreferences
  if (objectOf(consent) === undefined) return { context, unclear: unreadable('context.consent', consent) }
  if (preferences === undefined || preferences === null) return { context }
  const written = objectOf(preferences)
  // PHP writes an empty object as an empty list.
  if (written === undefined && Array.isArray(preferences) && preferences.length === 0) return { context }
  if (written === undefined) return { context, unclear: unreadable(AT, preferences) }
  if (Object.values(written).every(isPlain)) return { context }
  const doubtful: string[] = []
  const read: [string, boolean | null][] = []
  for (const [purpose, value] of Object.entries(written)) {
    const said = isPlain(value) ? value : meant(value)
    if (said === undefined) doubtful.push(`${AT}.${show(purpose)} is ${show(JSON.stringify(value))}`)
    read.push([purpose, said === undefined ? false : said])
  }
  const plain = { ...context, consent: { ...objectOf(consent), categoryPreferences: Object.fromEntries(read) } }
  if (doubtful.length === 0) return { context: plain }
  const more = doubtful.length > SHOWN ? `, and ${doubtful.length - SHOWN} more` : ''
  const unclear = `${doubtful.slice(0, SHOWN).join(', ')}${more}: neither a yes nor a no, and taken for a no; ${MEND}.`
  return { context: plain, unclear }
}

function isPlain(value: Json): value is boolean | null {
  return typeof value === 'boolean' || value === null
}

function meant(value: Json): boolean | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value).trim().toLowerCase()
  if (YES.has(text)) return true
  return NO.has(text) ? false : undefined
}

function unreadable(at: string, value: Json): string {
  return `${at} is ${show(JSON.stringify(value))}, of which no purpose can be read: nothing was taken from it; ${MEND}.`
}

function show(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}…` : text
}
