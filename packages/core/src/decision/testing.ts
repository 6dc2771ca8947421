import type { Definition, Kind, PublishedSet } from '../definition/definition.ts'
import type { Json, JsonObject } from '../json.ts'
import { subjectOf } from '../segment/testing/subject.ts'
import type { DecideInput } from './decide.ts'

/** For tests: a published set from bodies by kind and key, each with its version. */
export function setOf(
  definitions: Readonly<Partial<Record<Kind, Readonly<Record<string, { version: number; body: unknown }>>>>>,
): PublishedSet {
  const list = Object.entries(definitions).flatMap(([kind, bodies]) =>
    Object.entries(bodies).map(
      ([key, { version, body }]) =>
        ({ kind, key, version, body, published: 0, author: 'test', archived: false }) as Definition,
    ),
  )
  return { version: 42, definitions: list }
}

/** For tests: a person. */
export function personOf(given: {
  readonly bucketKey: string
  readonly traits?: Readonly<Record<string, Json>>
  readonly events?: readonly (readonly [name: string, at: number])[]
  readonly consent?: Readonly<Record<string, boolean>>
}): NonNullable<DecideInput['profile']> {
  const { profile } = subjectOf({ traits: given.traits ?? {}, events: given.events ?? [], now: 0 })
  const consent = Object.entries(given.consent ?? {}).map(([purpose, granted]) => [purpose, { granted, at: 0 }])
  return { ...profile, bucketKey: given.bucketKey, consent: Object.fromEntries(consent) }
}

/** For tests: a catalog by id. */
export function catalogOf(items: Readonly<Record<string, JsonObject>>): DecideInput['items'] {
  return id => (Object.hasOwn(items, id) ? items[id] : undefined)
}
