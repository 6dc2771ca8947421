import Type, { type TSchema } from 'typebox'
import { Key } from '../key.ts'
import { MAX_INPUTS, MAX_RULES } from '../policy/limits.ts'
import {
  BanditSpec,
  ContextualSpec,
  InputSpec,
  RolloutSpec,
  RulesSpec,
  SplitSpec,
  StickySplitSpec,
} from '../policy/spec.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import { kindOf, schemaProblems } from '../problem/schemaProblems.ts'
import { nearest } from '../problem/suggest.ts'
import { conditionProblems } from './conditionProblems.ts'

const closed = { additionalProperties: false } as const
const Rule = Type.Object({ when: Type.Unknown(), variant: Key }, closed)

/** The kinds of policy; their conditions and inputs are looked at on their own, so that problems can be told apart. */
const KINDS: Readonly<Record<string, TSchema>> = {
  rules: Type.Object(
    { ...RulesSpec.properties, rules: Type.Array(Rule, { minItems: 1, maxItems: MAX_RULES }) },
    closed,
  ),
  split: SplitSpec,
  'sticky-split': StickySplitSpec,
  bandit: BanditSpec,
  contextual: Type.Object(
    { ...ContextualSpec.properties, inputs: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_INPUTS }) },
    closed,
  ),
  rollout: RolloutSpec,
}

const INPUTS = new Map(InputSpec.anyOf.map(schema => [schema.properties.kind.const as string, schema as TSchema]))
const SOURCES = ['trait', 'computed', 'context', 'when']
const ONE_OF_THEM = `one of ${SOURCES.map(source => `{"${source}": …}`).join(', ')}`
const Place = Type.String({ minLength: 1, maxLength: 200 })

/** What is wrong with a policy's shape. The schema alone would say that none of its kinds fits; this finds the one that was meant. */
export function policyShapeProblems(policy: unknown, path: Path): Problem[] {
  const found = byKind(policy, KINDS, 'a policy', path)
  if ('problems' in found) return found.problems
  const problems = schemaProblems(found.schema, policy, path)
  if (problems.length > 0) return problems
  const { rules, inputs } = policy as { rules?: { when: unknown }[]; inputs?: unknown[] }
  return [
    ...(rules ?? []).flatMap(({ when }, i) => conditionProblems(when, [...path, 'rules', i, 'when'])),
    ...(inputs ?? []).flatMap((input, i) => inputShapeProblems(input, [...path, 'inputs', i])),
  ]
}

function inputShapeProblems(input: unknown, path: Path): Problem[] {
  const found = byKind(input, Object.fromEntries(INPUTS), 'an input', path)
  if ('problems' in found) return found.problems
  const { properties } = found.schema as unknown as { properties: Record<string, TSchema> }
  const problems = schemaProblems(
    Type.Object({ ...properties, from: Type.Unknown({ description: ONE_OF_THEM }) }, closed),
    input,
    path,
  )
  if (problems.length > 0) return problems
  return sourceProblems((input as { from: unknown }).from, [...path, 'from'])
}

function sourceProblems(from: unknown, path: Path): Problem[] {
  const mend = `write ${ONE_OF_THEM}`
  if (typeof from !== 'object' || from === null || Array.isArray(from)) {
    return [problem(path, `it must be an object, but is ${kindOf(from)}`, mend)]
  }
  const [name, ...more] = Object.keys(from)
  if (name === undefined || more.length > 0 || !SOURCES.includes(name)) {
    return [problem(path, 'an input is read from one place', mend)]
  }
  const value = (from as Record<string, unknown>)[name]
  return name === 'when' ? conditionProblems(value, [...path, name]) : schemaProblems(Place, value, [...path, name])
}

function byKind(
  value: unknown,
  kinds: Readonly<Record<string, TSchema>>,
  what: string,
  path: Path,
): { readonly schema: TSchema } | { readonly problems: Problem[] } {
  const names = Object.keys(kinds)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const mend = `write an object with its kind: one of ${names.join(', ')}`
    return { problems: [problem(path, `${what} must be an object, but is ${kindOf(value)}`, mend)] }
  }
  const { kind } = value as { kind?: unknown }
  const schema = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (schema !== undefined) return { schema }
  const message = kind === undefined ? 'it has no kind' : `${JSON.stringify(kind)} is no kind of it`
  return {
    problems: [problem([...path, 'kind'], message, nearest(typeof kind === 'string' ? kind : '', names, 'kinds'))],
  }
}
