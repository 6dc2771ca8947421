import type { Definition, Kind, PublishedSet } from '../definition/definition.ts'
import type { Json, JsonObject } from '../json.ts'
import { validateSet } from '../plan/validateSet.ts'
import { subjectOf } from '../segment/testing/subject.ts'
import { compile } from './compile.ts'
import type { CompiledSet } from './compiled.ts'
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

/** For tests: the set of bodies by kind and key, version 1 each, as they are published: without problems. */
export function compiledOf(
  definitions: Readonly<Partial<Record<Kind, Readonly<Record<string, unknown>>>>>,
): CompiledSet {
  const versioned = Object.entries(definitions).map(([kind, bodies]) => [
    kind,
    Object.fromEntries(Object.entries(bodies).map(([key, body]) => [key, { version: 1, body }])),
  ])
  const set = setOf(Object.fromEntries(versioned))
  const changes = set.definitions.map(({ kind, key, body }) => ({ kind, key, body: body as unknown as JsonObject }))
  const [problem] = validateSet(changes, { version: 0, definitions: [] })
  if (problem !== undefined) throw new Error(`${problem.kind} ${problem.key} ${problem.path}: ${problem.message}`)
  return compile(set)
}

/** For tests: bucket keys as profiles have them, scattered by a multiplier. */
export function bucketKeys(count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    (BigInt(i + 1) * 0x9e3779b97f4a7c15n).toString(16).slice(-16).padStart(16, '0'),
  )
}
