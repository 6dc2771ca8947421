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

/**
 * An object with known members: the place in `shapes` is the place in the array. On disk: members may be appended
 * (optional ones), never moved or removed.
 */
export function record<T extends object>(
  shapes: { [K in keyof Required<T>]: Shape<Exclude<T[K], undefined>> },
): Shape<T> {
  const members = Object.entries<Shape<unknown>>(shapes).map(([key, shape]) => ({
    key,
    shape,
    asIs: shape.pack === asIs.pack,
  }))
  return {
    pack(value) {
      const object = value as Record<string, unknown>
      return members.map(({ key, shape, asIs }) => {
        const member = object[key]
        return member === undefined ? null : asIs ? member : shape.pack(member)
      })
    },
    unpack(packed) {
      const array = packed as unknown[]
      const object: Record<string, unknown> = {}
      for (let i = 0; i < members.length; i++) {
        const { key, shape, asIs } = members[i]!
        const member = array[i]
        if (shape.optional && (member === null || member === undefined)) continue
        object[key] = asIs ? member : shape.unpack(member)
      }
      return object as T
    },
  }
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return {
    pack: values => values.map(shape.pack),
    unpack: packed => (packed as unknown[]).map(shape.unpack),
  }
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
