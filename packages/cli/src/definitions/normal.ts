import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '@espalier/core'
import { isKind, normalise, SCHEMAS, validate } from '@espalier/core/definition'

/** A body as the server keeps it: with every default filled in, and in JSON, which has no -0. One it would refuse gets no defaults. */
export function normalBody(kind: string, key: string, body: JsonObject): JsonObject {
  return plain(isKind(kind) && validate(kind, key, body).length === 0 ? normalise(kind, body) : body)
}

/** Do a file and the server say the same? */
export function sameBody(kind: string, key: string, stated: JsonObject, kept: JsonObject): boolean {
  return isDeepStrictEqual(normalBody(kind, key, stated), plain(kept))
}

/** Fields in the order of their schema: stores may give them back in another. */
export function orderedBody(kind: string, body: JsonObject): JsonObject {
  const order = isKind(kind) ? Object.keys(SCHEMAS[kind].properties) : []
  const names = [
    ...order.filter(name => name in body),
    ...Object.keys(body)
      .filter(name => !order.includes(name))
      .sort(),
  ]
  return Object.fromEntries(names.map(name => [name, body[name]!]))
}

function plain(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body)) as JsonObject
}
