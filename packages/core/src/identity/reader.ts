import { splitPath, valueAt } from '../filter/path.ts'
import type { Json, JsonObject } from '../json.ts'
import { formed } from './form.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import type { KindRule } from './rules.ts'

/** What an event says of who it belongs to, and where it may say more. */
export interface Named {
  readonly userId?: string
  readonly anonymousId?: string
  readonly type?: string
  readonly properties?: JsonObject
  readonly context?: JsonObject
}

/** All values of one kind that an event has, as they are compared. */
export type Reader = (event: Named) => readonly string[]

const NONE: readonly string[] = []

export function readerOf({ kind, from, form }: KindRule): Reader {
  if (kind === 'userId') return ({ userId }) => (userId === undefined ? NONE : [userId])
  if (kind === 'anonymousId') return ({ anonymousId }) => (anonymousId === undefined ? NONE : [anonymousId])
  const places = from.map(placeOf)
  return event => {
    let values: string[] | undefined
    for (const place of places) {
      for (const found of place(event)) {
        const value = formed(found, form)
        if (value === undefined || values?.includes(value)) continue
        values ??= []
        values.push(value)
      }
    }
    return values ?? NONE
  }
}

/** What a `from` leads to, by its first step. */
type Place = (event: Named) => readonly (Json | undefined)[]

function placeOf(from: string): Place {
  const dot = from.indexOf('.')
  const rest = from.slice(dot + 1)
  const steps = splitPath(rest)
  switch (from.slice(0, dot)) {
    case 'externalIds':
      return ({ context }) => externalIds(context?.externalIds, rest)
    case 'context':
      return ({ context }) => [valueAt(context, steps)]
    case 'properties':
      return ({ type, properties }) =>
        type === 'track' || type === 'page' || type === 'screen' ? [valueAt(properties, steps)] : []
    default:
      // A group call's own traits are the account's.
      return ({ type, properties, context }) => [
        type === 'identify' ? valueAt(properties, steps) : undefined,
        valueAt(context?.traits, steps),
      ]
  }
}

/**
 * Segment's `context.externalIds`: `{id, type, collection, encoding}`. Those of users, in plain text; both may be left out.
 */
function externalIds(list: Json | undefined, type: string): readonly (Json | undefined)[] {
  if (!Array.isArray(list)) return []
  const ids: (Json | undefined)[] = []
  for (const entry of list.slice(0, IDENTITY_LIMITS.externalIds)) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry) || entry.type !== type) continue
    const { id, collection = 'users', encoding = 'none' } = entry
    if (collection === 'users' && encoding === 'none') ids.push(id)
  }
  return ids
}
