import { type Json, type JsonObject, objectOf } from '../json.ts'

/**
 * A browser's signal that comes with a request: Global Privacy Control (`Sec-GPC: 1`) or Do Not Track (`DNT: 1`). What each
 * refuses is the workspace's to say (`rules.ts`).
 */
export type Signal = 'gpc' | 'dnt'

/** What one event or request says of consent itself, beside what the person said before. */
export interface Asked {
  /** Segment's `context.consent.categoryPreferences`: true or false by purpose. */
  readonly stated: Readonly<Record<string, boolean>>
  readonly signals: readonly Signal[]
}

const NOTHING: Asked = Object.freeze({ stated: Object.freeze({}), signals: Object.freeze([]) as readonly Signal[] })

/**
 * What a context says: `consent.categoryPreferences`, and the signals the server noted in `consent.signals` (a server that
 * stands between may write them there itself). What clients write otherwise was read as true or false where it came in
 * (`consent/preferences.ts`); what is neither says nothing.
 */
export function askedBy(context: JsonObject): Asked {
  const consent = objectOf(context.consent)
  if (consent === undefined) return NOTHING
  const signals = Array.isArray(consent.signals) ? consent.signals.filter(isSignal) : NOTHING.signals
  const preferences = objectOf(consent.categoryPreferences)
  if (preferences === undefined) return signals.length === 0 ? NOTHING : { stated: NOTHING.stated, signals }
  const stated = Object.entries(preferences).filter((entry): entry is [string, boolean] => isStated(entry))
  return { stated: Object.fromEntries(stated), signals }
}

function isSignal(value: Json): value is Signal {
  return value === 'gpc' || value === 'dnt'
}

/** Longest name of a purpose; as that of a trait. */
const LONGEST = 200

function isStated([purpose, granted]: [string, Json]): boolean {
  return typeof granted === 'boolean' && purpose !== '' && purpose.length <= LONGEST && purpose !== '__proto__'
}
