import { hasControl } from '@espalier/core/event'
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Convert } from 'typebox/value'
import { Problem } from '../problem.ts'

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>()

/** The value, or `invalid` with the path and the first thing that is wrong. */
export function check<T extends TSchema>(schema: T, value: unknown, place: string): Static<T> {
  const validator = validatorOf(schema)
  if (validator.Check(value)) return value as Static<T>
  const errors = [...validator.Errors(value)]
  // A schema of `false` only repeats what additionalProperties says by name.
  const error = errors.find(one => one.message !== 'schema is false') ?? errors[0]
  const path = `${place}${toPath(error?.instancePath ?? '')}`
  throw new Problem('invalid', `${path} ${explain(error, errors)}.`, { path })
}

/** Throws `invalid` for text that nothing here can be called: PostgreSQL could not even be asked for it. */
export function refuseControl(text: string, path: string): void {
  if (hasControl(text)) throw new Problem('invalid', `${path} holds a control character.`, { path, mend: 'Remove it.' })
}

/** Path and query parameters are text: numbers and booleans in them are read where the text itself does not fit. */
export function checkText<T extends TSchema>(schema: T, value: unknown, place: string): Static<T> {
  for (const [name, text] of Object.entries(value as object)) {
    if (typeof text === 'string') refuseControl(text, `${place}.${name}`)
  }
  if (validatorOf(schema).Check(value)) return value as Static<T>
  const read = Convert(schema, { ...(value as object) }) as Record<string, unknown>
  // TypeBox makes 1 of 1.5, 0 of no text and 16 of 0x10.
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, { readonly type?: string }>> }
  for (const [name, { type }] of Object.entries(properties)) {
    const text = (value as Record<string, unknown>)[name]
    if (typeof text === 'string' && (type === 'integer' || type === 'number')) read[name] = numberIn(text)
  }
  return check(schema, read, place)
}

/** The number that a text is, written as one writes numbers; else the text. */
function numberIn(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** Throws `invalid` for a field of a query that `schema`, or without one the route, does not have. Names it, and those there are. */
export function checkNames(schema: TSchema | undefined, query: unknown): void {
  const asked = Object.keys(query as object)
  if (asked.length === 0) return
  const known = Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})
  const name = asked.find(one => !known.includes(one))
  if (name === undefined) return
  const path = `query.${name.slice(0, 100)}`
  const mend = known.length === 0 ? 'Leave it out: nothing can be asked here.' : `Use ${known.join(', ')}.`
  throw new Problem('invalid', `${path} is not known here.`, { path, mend })
}

function validatorOf(schema: TSchema): ReturnType<typeof Compile> {
  let validator = compiled.get(schema)
  if (validator === undefined) {
    validator = Compile(schema)
    compiled.set(schema, validator)
  }
  return validator
}

interface Finding {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
  readonly params: object
}

function explain(error: Finding | undefined, all: readonly Finding[]): string {
  if (error === undefined) return 'is not valid'
  const params = error.params as { additionalProperties?: unknown; requiredProperties?: unknown }
  if (Array.isArray(params.additionalProperties)) return `has unknown fields: ${params.additionalProperties.join(', ')}`
  if (Array.isArray(params.requiredProperties)) return `lacks ${params.requiredProperties.join(', ')}`
  return oneOf(error, all) ?? error.message
}

/** What would do where a value is none of several: a union has an error for each of its alternatives. */
function oneOf({ keyword, instancePath }: Finding, all: readonly Finding[]): string | undefined {
  if (keyword !== 'const' && keyword !== 'enum' && keyword !== 'type') return undefined
  const choices = all
    .filter(one => one.instancePath === instancePath)
    .flatMap(({ keyword, params }) => {
      const { allowedValue, allowedValues, type } = params as Choices
      if (keyword === 'const') return [JSON.stringify(allowedValue)]
      if (keyword === 'enum') return allowedValues?.map(value => JSON.stringify(value)) ?? []
      return keyword === 'type' && type !== undefined ? [type].flat() : []
    })
  return choices.length === 0 ? undefined : `must be ${[...new Set(choices)].join(' or ')}`
}

interface Choices {
  readonly allowedValue?: unknown
  readonly allowedValues?: readonly unknown[]
  readonly type?: string | readonly string[]
}

/** `/items/3/price` -> `.items[3].price` */
function toPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map(part => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
}
