import { type PackReader, put } from './packReader.ts'
import type { PackWriter } from './packWriter.ts'

/**
 * How a value is laid out as arrays without property names: half the bytes of JSON, and decoding gives every object of a
 * kind its properties in one order, which is what the engine makes fast.
 */
export interface Shape<T> {
  pack(value: T, out: PackWriter): void
  unpack(from: PackReader): T
  readonly optional?: boolean
}

const asIs: Shape<unknown> = { pack: (value, out) => out.any(value), unpack: from => from.any() }

/** Stored as it is. */
export function plain<T>(): Shape<T> {
  return asIs as Shape<T>
}

/** Absent is stored as null, so only for values that are never null. */
export function optional<T>(shape: Shape<T>): Shape<T> {
  return { ...shape, optional: true }
}

/** What an object's known members are laid out as: the order of `members` is the order on disk. */
export type Members<T> = { [K in keyof Required<T>]: Shape<Exclude<T[K], undefined>> }

/**
 * An object with known members as an array; those absent at its end are left out. On disk: members may be appended (optional
 * ones), never moved or removed.
 */
export function record<T extends object>(members: Members<T>): Shape<T> {
  const layout = layoutOf(members)
  const places = new Map(layout.map(({ key }, i) => [key, i]))
  return {
    pack(value, out) {
      const found = membersOf(value, places)
      let { length } = layout
      while (length > 0 && layout[length - 1]!.optional && found[length - 1] === undefined) length--
      out.array(length)
      for (let i = 0; i < length; i++) {
        const { shape, asIs } = layout[i]!
        const member = found[i]
        if (member === undefined) out.nil()
        else if (asIs) out.any(member)
        else shape.pack(member, out)
      }
    },
    unpack: from => unpackMembers(layout, from) as T,
  }
}

interface Member {
  readonly key: string
  readonly shape: Shape<unknown>
  readonly asIs: boolean
  readonly optional: boolean
}

function layoutOf<T>(members: Members<T>): Member[] {
  return Object.entries<Shape<unknown>>(members).map(([key, shape]) => {
    return { key, shape, asIs: shape.pack === asIs.pack, optional: shape.optional ?? false }
  })
}

/** An object's members by their places. Only those it has are asked for: asking for others is what costs most. */
function membersOf(object: object, places: ReadonlyMap<string, number>): unknown[] {
  const found: unknown[] = new Array(places.size)
  for (const key in object) {
    const place = places.get(key)
    if (place !== undefined) found[place] = (object as Record<string, unknown>)[key]
  }
  return found
}

function unpackMembers(layout: readonly Member[], from: PackReader): object {
  const object: Record<string, unknown> = {}
  const length = from.array()
  for (let i = 0; i < length; i++) {
    const { key, shape, asIs, optional } = layout[i]!
    if (optional && from.nil()) continue
    object[key] = asIs ? from.any() : shape.unpack(from)
  }
  return object
}

/** An object with any keys. */
export function dictionary<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return {
    pack(values, out) {
      const keys = Object.keys(values)
      out.array(keys.length * 2)
      for (const key of keys) {
        out.text(key)
        shape.pack(values[key]!, out)
      }
    },
    unpack(from) {
      const length = from.array()
      const object: Record<string, T> = {}
      for (let i = 0; i < length; i += 2) put(object, from.text(), shape.unpack(from))
      return object
    },
  }
}
