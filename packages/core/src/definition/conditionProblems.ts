import Type, { type TSchema } from 'typebox'
import { ContextCondition, DidCondition, TraitCondition } from '../segment/condition.ts'
import { type Path, type Problem, problem } from './problem.ts'
import { kindOf, schemaProblems } from './schemaProblems.ts'
import { nearest } from './suggest.ts'

const Parts = Type.Array(Type.Unknown(), { minItems: 1, maxItems: 100 })

/** The six shapes of a condition, by the name that tells them apart. */
const SHAPES: Readonly<Record<string, TSchema>> = {
  all: Type.Object({ all: Parts }, { additionalProperties: false }),
  any: Type.Object({ any: Parts }, { additionalProperties: false }),
  not: Type.Object({ not: Type.Unknown() }, { additionalProperties: false }),
  trait: TraitCondition,
  context: ContextCondition,
  did: DidCondition,
}
const NAMES = Object.keys(SHAPES)

/**
 * What is wrong with a condition. The schema alone would say that none of six shapes fits; this finds the shape that was
 * meant and says what is wrong with it.
 */
export function conditionProblems(condition: unknown, path: Path): Problem[] {
  if (typeof condition !== 'object' || condition === null || Array.isArray(condition)) {
    const mend = 'write an object such as {"trait": "plan", "is": "pro"}; join several by all, any and not'
    return [problem(path, `a condition must be an object, but is ${kindOf(condition)}`, mend)]
  }
  const meant = NAMES.filter(name => Object.hasOwn(condition, name))
  if (meant.length > 1) {
    const message = `one condition says one thing, but here are ${meant.join(' and ')}`
    return [problem(path, message, 'make each its own condition and join them by {"all": [...]} or {"any": [...]}')]
  }
  const [shape] = meant
  if (shape === undefined) {
    const [first] = Object.keys(condition)
    if (first === undefined) return [problem(path, 'the condition is empty', `name one of ${NAMES.join(', ')}`)]
    return [problem([...path, first], `"${first}" is no condition`, nearest(first, NAMES, 'conditions'))]
  }
  const problems = schemaProblems(SHAPES[shape]!, condition, path)
  const inner = (condition as Record<string, unknown>)[shape]
  if (shape === 'not') return [...problems, ...conditionProblems(inner, [...path, 'not'])]
  if ((shape !== 'all' && shape !== 'any') || !Array.isArray(inner)) return problems
  return [...problems, ...inner.flatMap((part, i) => conditionProblems(part, [...path, shape, i]))]
}
