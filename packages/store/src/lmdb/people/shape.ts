/**
 * How a value is laid out as arrays without property names: half the bytes of JSON, and decoding gives every object of a
 * kind its properties in one order, which is what the engine makes fast.
 */
export interface Shape<T> {
  pack(value: T): unknown
  unpack(packed: unknown): T
  readonly optional?: boolean
}

const asIs: Shape<unknown> = { pack: value => value, unpack: packed => packed }

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
  return {
    pack(value) {
      const packed: unknown[] = []
      packMembers(layout, value, packed)
      while (packed.at(-1) === null && layout[packed.length - 1]?.optional) packed.pop()
      return packed
    },
    unpack: packed => unpackMembers(layout, packed as unknown[], 0) as T,
  }
}

/** Objects of one kind, their members one after the other in one array. On disk: no members may be added. */
export function table<T extends object>(members: Members<T>): Shape<readonly T[]> {
  const layout = layoutOf(members)
  return {
    pack(values) {
      const packed: unknown[] = []
      for (const value of values) packMembers(layout, value, packed)
      return packed
    },
    unpack(packed) {
      const array = packed as unknown[]
      const values: T[] = []
      for (let at = 0; at < array.length; at += layout.length) values.push(unpackMembers(layout, array, at) as T)
      return values
    },
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

function packMembers(layout: readonly Member[], object: object, packed: unknown[]): void {
  for (let i = 0; i < layout.length; i++) {
    const { key, shape, asIs } = layout[i]!
    const member = (object as Record<string, unknown>)[key]
    packed.push(member === undefined ? null : asIs ? member : shape.pack(member))
  }
}

function unpackMembers(layout: readonly Member[], array: readonly unknown[], at: number): object {
  const object: Record<string, unknown> = {}
  for (let i = 0; i < layout.length; i++) {
    const { key, shape, asIs, optional } = layout[i]!
    const member = array[at + i]
    if (optional && (member === null || member === undefined)) continue
    object[key] = asIs ? member : shape.unpack(member)
  }
  return object
}

/** An object with any keys. */
export function dictionary<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return {
    pack: values => Object.keys(values).flatMap(key => [key, shape.pack(values[key]!)]),
    unpack(packed) {
      const array = packed as unknown[]
      const object: Record<string, T> = {}
      for (let i = 0; i < array.length; i += 2) {
        const value = shape.unpack(array[i + 1])
        if (array[i] === '__proto__') Object.defineProperty(object, '__proto__', { value, ...OWN })
        else object[array[i] as string] = value
      }
      return object
    },
  }
}

const OWN = { enumerable: true, configurable: true, writable: true }
