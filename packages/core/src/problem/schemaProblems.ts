import type { TLocalizedValidationError } from 'typebox/error'
import { Errors } from 'typebox/schema'
import { Settings } from 'typebox/system'
import { type Path, type Problem, problem } from './problem.ts'
import { nearest } from './suggest.ts'

/** A node of a JSON Schema, as far as mends look at it. */
interface Node {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly required?: readonly string[]
  readonly anyOf?: readonly Node[]
}

/** How many errors of one body are looked at. */
const MAX_ERRORS = 100

/** Keywords that fail because none, or too many, of several alternatives fit. */
const ALTERNATIVES: readonly string[] = ['anyOf', 'oneOf', 'not', 'if', 'contains', 'dependentSchemas']

/** A place whose real value is not known here. */
export interface Unknown {
  /** JSON pointer. */
  readonly pointer: string
  /** `type`: what stands there is of the real value's type, and only what is said of the type is true. `nothing`: not even that. */
  readonly known: 'type' | 'nothing'
}

/**
 * Where a value does not fit a JSON Schema, in words: at most one problem a place. `base` is the value's own path; about
 * `unknown` places nothing is said that may not be true. Throws where the schema cannot be followed: a pattern that is no
 * regular expression, a reference to itself without end.
 */
export function schemaProblems(
  schema: object,
  value: unknown,
  base: Path,
  unknown: readonly Unknown[] = [],
): Problem[] {
  const places = new Map<string, { keyword: string; problem: Problem }>()
  for (const error of meant(schema, value, dependable(errorsOf(schema, value), unknown))) {
    for (const found of translate(schema, value, base, error)) {
      const first = places.get(found.path)
      // Of alternatives that differ in type, each complains; only that none fits is true.
      const replaces = ALTERNATIVES.includes(error.keyword) && (first?.keyword === 'type' || first?.keyword === 'const')
      if (first === undefined || replaces) places.set(found.path, { keyword: error.keyword, problem: found })
    }
  }
  return [...places.values()].map(place => place.problem)
}

/** TypeBox stops after eight errors unless told otherwise, for the whole process. */
function errorsOf(schema: object, value: unknown): TLocalizedValidationError[] {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: MAX_ERRORS })
  try {
    return Errors(schema, value)[1]
  } finally {
    Settings.Set({ maxErrors })
  }
}

/** Errors without those that may be due to a place that is not known: on it, in it, or about alternatives around it. */
function dependable(errors: TLocalizedValidationError[], unknown: readonly Unknown[]): TLocalizedValidationError[] {
  if (unknown.length === 0) return errors
  const undecided = errors.filter(
    ({ keyword, instancePath }) =>
      (ALTERNATIVES.includes(keyword) || keyword.startsWith('unevaluated')) &&
      unknown.some(({ pointer }) => isWithin(pointer, instancePath)),
  )
  return errors.filter(
    error =>
      !unknown.some(place => isAbout(error, place)) &&
      // Each alternative complains for itself, under the path of the keyword.
      !undecided.some(
        around => error === around || isWithin(error.schemaPath, `${around.schemaPath}/${around.keyword}`),
      ),
  )
}

/** Whether an error may be due to what is not known of a place. */
function isAbout({ instancePath, keyword }: TLocalizedValidationError, { pointer, known }: Unknown): boolean {
  if (known === 'nothing') return isWithin(instancePath, pointer)
  return instancePath === pointer && keyword !== 'type'
}

function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`)
}

/** Of alternatives for an object only what the one that it looks like has to say; where it looks like none, only that it fits none. */
function meant(schema: object, value: unknown, errors: TLocalizedValidationError[]): TLocalizedValidationError[] {
  const left = new Set(errors)
  for (const around of errors) {
    if (around.keyword !== 'anyOf') continue
    const { anyOf = [] } = nodeAt(schema, around.schemaPath)
    const actual = follow(value, pointerSteps(around.instancePath))
    if (kindOf(actual) !== 'an object') continue
    const best = likest(actual as object, anyOf)
    const of = `${around.schemaPath}/anyOf`
    if (best !== undefined) left.delete(around)
    for (const error of errors) {
      const isOfIt = isWithin(error.schemaPath, of) && isWithin(error.instancePath, around.instancePath)
      if (isOfIt && !isWithin(error.schemaPath, `${of}/${best}`)) left.delete(error)
    }
  }
  return [...left]
}

/**
 * The alternative that most names of an object belong to, less those it lacks; none where two are as good. Where only one is for
 * objects, and has names that it must have, that one.
 */
function likest(actual: object, alternatives: readonly Node[]): number | undefined {
  const [one, another] = alternatives.filter(({ properties }) => properties !== undefined)
  if (one?.required !== undefined && another === undefined) return alternatives.indexOf(one)
  const names = Object.keys(actual)
  const scores = alternatives.map(({ properties = {}, required = [] }) => {
    const known = names.filter(name => Object.hasOwn(properties, name)).length
    return known === 0 ? Number.NEGATIVE_INFINITY : known - required.filter(name => !names.includes(name)).length
  })
  const most = Math.max(...scores)
  const best = scores.indexOf(most)
  return most === Number.NEGATIVE_INFINITY || scores.lastIndexOf(most) !== best ? undefined : best
}

function translate(schema: object, value: unknown, base: Path, error: TLocalizedValidationError): Problem[] {
  const steps = pointerSteps(error.instancePath)
  const actual = follow(value, steps)
  const path = [...base, ...typedSteps(value, steps)]
  const node = nodeAt(schema, error.schemaPath)
  if (ALTERNATIVES.includes(error.keyword)) {
    const mend = stated(node) ?? alternatives(node) ?? 'write one that is allowed'
    return [problem(path, `${show(actual)} fits none of the alternatives`, mend)]
  }
  switch (error.keyword) {
    // Comes with an error of the name's own, which says the same better.
    case 'propertyNames':
      return []
    case 'boolean': {
      const outer = error.schemaPath.replace(/\/additionalProperties$/, '')
      if (outer === error.schemaPath) return [problem(path, 'nothing is allowed here', 'remove it')]
      return unknownNames(steps.slice(-1), path.slice(0, -1), nodeAt(schema, outer))
    }
    case 'required':
      return error.params.requiredProperties.map(name =>
        problem([...path, name], `"${name}" is missing`, `add it${hint(node.properties?.[name], ': ')}`),
      )
    case 'additionalProperties':
      // Where other names are allowed by a schema, what does not fit it is an error of its own.
      return node.additionalProperties === false ? unknownNames(error.params.additionalProperties, path, node) : []
    case 'enum':
      return [problem(path, `${show(actual)} is none of the choices`, choices(actual, error.params.allowedValues))]
    case 'const':
      return [problem(path, `it must be ${show(error.params.allowedValue)}, but is ${show(actual)}`, 'write just that')]
    case 'type': {
      const types = [error.params.type].flat().map(nameOfType).join(' or ')
      return [problem(path, `it must be ${types}, but is ${kindOf(actual)}`, `write ${types}${hint(node, ': ')}`)]
    }
    case 'pattern':
      return [problem(path, `${show(actual)} does not fit`, stated(node) ?? `match ${String(error.params.pattern)}`)]
    case 'minProperties':
      return [problem(path, `${show(actual)} says too little`, stated(node) ?? `it ${error.message}`)]
    case 'minLength':
    case 'minItems':
      return [problem(path, `${show(actual)} is too short`, `write at least ${error.params.limit}${hint(node, ': ')}`)]
    case 'maxLength':
    case 'maxItems':
      return [problem(path, `${show(actual)} is too long`, `write at most ${error.params.limit}${hint(node, ': ')}`)]
    case 'minimum':
      return [problem(path, `${show(actual)} is too little`, `write ${error.params.limit} or more${hint(node, ': ')}`)]
    case 'maximum':
      return [problem(path, `${show(actual)} is too much`, `write ${error.params.limit} or less${hint(node, ': ')}`)]
    case 'uniqueItems':
      return [problem(path, `${show(actual)} says something twice`, 'say each thing once')]
    case 'format':
      return [problem(path, `${show(actual)} is no ${error.params.format}`, `write a valid ${error.params.format}`)]
    default:
      return [problem(path, `${show(actual)} ${error.message}`, `change it${hint(node, ': ')}`)]
  }
}

/** The node that an error is about. TypeBox's schema paths go through references as if they were not there. */
function nodeAt(schema: object, schemaPath: string): Node {
  let here = withReferred(schema, schema)
  for (const step of pointerSteps(schemaPath.replace(/^#/, ''))) here = withReferred(schema, follow(here, [step]))
  return here
}

/** A node together with what it refers to. */
function withReferred(schema: object, node: unknown): Node {
  const { $ref: reference } = (node ?? {}) as { $ref?: unknown }
  if (typeof reference !== 'string' || !reference.startsWith('#')) return (node ?? {}) as Node
  return { ...(follow(schema, pointerSteps(reference.slice(1))) as Node), ...(node as Node) }
}

function unknownNames(names: readonly string[], path: Path, node: Node): Problem[] {
  const known = Object.keys(node.properties ?? {})
  return names.map(name =>
    problem(
      [...path, name],
      `"${name}" is not known here`,
      known.length === 0 ? 'remove it' : nearest(name, known, 'properties'),
    ),
  )
}

/** The description as a mend, which has no full stop. */
function stated({ description }: Node): string | undefined {
  return description?.replace(/\.$/, '')
}

/** What may stand there, where each alternative is a value or an object of so many names. */
function alternatives({ anyOf = [] }: Node): string | undefined {
  const choices = anyOf.map(one => {
    if (one.const !== undefined) return show(one.const)
    return one.properties && `an object of ${Object.keys(one.properties).join(', ')}`
  })
  return choices.length === 0 || choices.includes(undefined) ? undefined : `write ${choices.join(' or ')}`
}

function hint(node: Node | undefined, before: string): string {
  if (node?.description !== undefined) return `${before}${stated(node)}`
  return node?.enum === undefined ? '' : `${before}one of ${node.enum.join(', ')}`
}

function choices(actual: unknown, allowed: readonly unknown[]): string {
  return typeof actual === 'string'
    ? nearest(actual, allowed.map(String), 'choices')
    : `choose one of ${allowed.join(', ')}`
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
}

function nameOfType(type: string): string {
  return TYPE_NAMES[type] ?? type
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'missing'
  if (typeof value === 'number') return 'a number'
  return nameOfType(Array.isArray(value) ? 'array' : typeof value)
}

/** A value in a message: its JSON, cut short. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing'
  return json.length <= 60 ? json : `${json.slice(0, 57)}...`
}

function pointerSteps(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function follow(value: unknown, steps: readonly string[]): unknown {
  let here = value
  for (const step of steps) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string, unknown>)[step]
  }
  return here
}

/** Steps with list indices as numbers. */
function typedSteps(value: unknown, steps: readonly string[]): Path {
  return steps.map((step, i) => (Array.isArray(follow(value, steps.slice(0, i))) ? Number(step) : step))
}
