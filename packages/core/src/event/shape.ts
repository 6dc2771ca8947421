import type { Json, JsonObject } from '../json.ts'
import { RefusedItem } from './errors.ts'
import { EVENT_LIMITS } from './limits.ts'

/** What a walk over a value finds: proof that it is plain JSON within the bounds of depth and keys. */
export class Shape {
  keys = 0
  /** Roughly the characters of its compact JSON; its bytes are at most `MOST_BYTES` times as many. */
  size = 0
  /** Some text holds half a surrogate pair, which UTF-8 cannot say. */
  broken = false
  readonly #mayBreak: boolean

  /** `mayBreak`: false where it was parsed from UTF-8 without `\u` in it. */
  constructor(mayBreak = true) {
    this.#mayBreak = mayBreak
  }

  /** Walks an object or a list. `depth` is that of its values. Throws `RefusedItem`. */
  walk(value: object, path: string, depth: number): void {
    if (depth > EVENT_LIMITS.depth) throw new RefusedItem('too_deep', path)
    if (Array.isArray(value)) {
      this.size += 2 + value.length
      for (let i = 0; i < value.length; i++) this.#value(value[i], path, i, depth)
      return
    }
    this.size += 2
    for (const key in value) {
      if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
        throw new RefusedItem('prototype_key', join(path, key))
      }
      if (++this.keys > EVENT_LIMITS.properties) throw new RefusedItem('too_many_properties', path || 'The item')
      this.size += 2
      this.#text(key)
      this.#value((value as Record<string, unknown>)[key], path, key, depth)
    }
  }

  /** The path of a value is put together only where it is needed: most values are leaves, and fine. */
  #value(value: unknown, parent: string, key: string | number, depth: number): void {
    if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'object' && value !== null) this.walk(value, join(parent, key), depth + 1)
    else if (typeof value === 'number' ? Number.isFinite(value) : typeof value === 'boolean' || value === null) {
      this.size += 5
    } else throw new RefusedItem('value_invalid', join(parent, key))
  }

  #text(text: string): void {
    this.size += text.length + 2
    if (this.#mayBreak && !text.isWellFormed()) this.broken = true
  }
}

function join(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`
  return parent === '' ? key : `${parent}.${key}`
}

/** A UTF-16 unit takes at most six bytes (`\u0001`) in JSON, a number at most 25. */
const MOST_BYTES = 6

/** True when compact JSON of `value`, walked into `shape`, is longer than `limit` bytes. Measures only where it may be. */
export function isLarger(value: object, shape: Shape, limit: number): boolean {
  return shape.size * MOST_BYTES > limit && utf8Length(JSON.stringify(value)) > limit
}

function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}

/** A copy in which halves of surrogate pairs are U+FFFD: clients cut text in the middle of an emoji. */
export function repaired(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(repaired)
  const copy: JsonObject = {}
  for (const key in value) copy[key.toWellFormed()] = repaired(value[key]!)
  return copy
}
