import type { Json } from '../json.ts'
import type { PropertyCondition } from './condition.ts'

/** The comparisons a condition names, without what it compares. */
export type Comparisons = Omit<PropertyCondition, 'property'>

/** Holds for an actual value; undefined is a missing one. */
export type Test = (actual: Json | undefined) => boolean

/** One test for all the comparisons named: all must hold. What each means is said at the schema. */
export function compileComparisons(comparisons: Comparisons): Test {
  const tests: Test[] = []
  const { is, isNot, in: oneOf, notIn, gt, gte, lt, lte, contains, startsWith, endsWith, exists } = comparisons
  if (is !== undefined) tests.push(actual => actual === is)
  if (isNot !== undefined) tests.push(actual => actual !== isNot)
  if (oneOf !== undefined) tests.push(memberOf(oneOf))
  if (notIn !== undefined) {
    const member = memberOf(notIn)
    tests.push(actual => !member(actual))
  }
  if (gt !== undefined) tests.push(actual => typeof actual === 'number' && actual > gt)
  if (gte !== undefined) tests.push(actual => typeof actual === 'number' && actual >= gte)
  if (lt !== undefined) tests.push(actual => typeof actual === 'number' && actual < lt)
  if (lte !== undefined) tests.push(actual => typeof actual === 'number' && actual <= lte)
  if (contains !== undefined) {
    tests.push(actual => (typeof actual === 'string' || Array.isArray(actual)) && actual.includes(contains))
  }
  if (startsWith !== undefined) tests.push(actual => typeof actual === 'string' && actual.startsWith(startsWith))
  if (endsWith !== undefined) tests.push(actual => typeof actual === 'string' && actual.endsWith(endsWith))
  if (exists !== undefined) tests.push(actual => (actual !== undefined) === exists)
  if (tests.length === 0) throw new TypeError('a comparison names nothing to compare with')
  return tests.length === 1 ? tests[0]! : actual => tests.every(test => test(actual))
}

function memberOf(values: readonly (string | number | boolean)[]): Test {
  const members: ReadonlySet<unknown> = new Set(values)
  return actual => members.has(actual)
}
