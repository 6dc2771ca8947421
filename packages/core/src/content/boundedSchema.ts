import { RE2JS } from 're2js'

/** JSON Schema. */
type Schema = Readonly<Record<string, unknown>>

/** Members that hold schemas by names of the author's, and those that hold no schema at all. */
const BY_NAME: readonly string[] = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']
const DATA: readonly string[] = ['const', 'enum', 'default', 'examples']

/** A pattern that takes time in proportion to the text: RE2's, as conditions and the warehouse have it. */
class BoundedPattern extends RegExp {
  readonly #source: string
  readonly #compiled: RE2JS

  constructor(source: string) {
    super('', 'u')
    this.#source = source
    this.#compiled = RE2JS.compile(RE2JS.translateRegExp(source))
  }

  override test(text: string): boolean {
    return this.#compiled.matcher(text).find()
  }

  override toString(): string {
    return this.#source
  }
}

/**
 * A schema to hold content against that people have a part in (R11): the engine's own expressions would take for ever over some
 * texts, such as ^(a+)+$ over forty letters and a dot. A pattern that cannot be had so, published before it was refused, is passed over.
 */
export function boundedSchema(schema: Schema): Schema {
  return map(schema, [], source =>
    patternProblem(source) === undefined ? new BoundedPattern(source) : undefined,
  ) as Schema
}

/** Each pattern of a schema, and where it is. */
export function patternsOf(
  schema: unknown,
): { readonly path: readonly (string | number)[]; readonly pattern: string }[] {
  const found: { path: readonly (string | number)[]; pattern: string }[] = []
  map(schema, [], (pattern, path) => {
    found.push({ path, pattern })
    return undefined
  })
  return found
}

/** Why a pattern cannot be held against a text in bounded time; undefined where it can. */
export function patternProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(RE2JS.translateRegExp(pattern))
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

type Replace = (pattern: string, path: readonly (string | number)[]) => RegExp | undefined

function map(node: unknown, path: readonly (string | number)[], replace: Replace, isByName = false): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((part, i) => map(part, [...path, i], replace))
  const parts = Object.entries(node).flatMap(([name, part]): [string, unknown][] => {
    const here = [...path, name]
    if (isByName) return [[name, map(part, here, replace)]]
    if (name === 'pattern' && typeof part === 'string') {
      const replaced = replace(part, here)
      return replaced === undefined ? [] : [[name, replaced]]
    }
    return [[name, DATA.includes(name) ? part : map(part, here, replace, BY_NAME.includes(name))]]
  })
  return Object.fromEntries(parts)
}
