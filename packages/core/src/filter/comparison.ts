import type { Json } from '../json.ts'
import { durationMs } from '../time/duration.ts'
import { parseInstant } from '../time/instant.ts'
import type { PropertyCondition } from './filter.ts'
import { finder } from './re.ts'

/** The comparisons a condition names, without what it compares. */
export type Comparisons = Omit<PropertyCondition, 'property'>

/** Holds for an actual value at an instant; undefined is a missing one. */
export type Test = (actual: Json | undefined, now: number) => boolean

export interface Comparison {
  readonly test: Test
  /** The next instant after `now` at which the outcome for the same value may change; Infinity: never. */
  readonly until: (actual: Json | undefined, now: number) => number
  /** An instant it compares with moves with now. */
  readonly moves: boolean
}

const NEVER = () => Number.POSITIVE_INFINITY

/** One test for all the comparisons named: all must hold. What each means is said at the schema. */
export function compileComparisons(comparisons: Comparisons): Test {
  return compileComparison(comparisons).test
}

/** All the comparisons named made ready, with the instants at which the outcome may change without another value (R5). */
export function compileComparison(comparisons: Comparisons): Comparison {
  const tests: Test[] = []
  const instants: Instant[] = []
  const {
    is,
    isNot,
    in: oneOf,
    notIn,
    gt,
    gte,
    lt,
    lte,
    contains,
    startsWith,
    endsWith,
    matches,
    before,
    after,
    exists,
  } = comparisons
  if (is !== undefined) tests.push(actual => actual === is)
  if (isNot !== undefined) tests.push(actual => actual !== isNot)
  if (oneOf !== undefined) tests.push(memberOf(oneOf))
  if (notIn !== undefined) {
    const member = memberOf(notIn)
    tests.push((actual, now) => !member(actual, now))
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
  if (matches !== undefined) {
    const finds = finder(matches)
    tests.push(actual => typeof actual === 'string' && finds(actual))
  }
  if (before !== undefined) {
    const instant = instantOf(before)
    instants.push(instant)
    tests.push((actual, now) => instantIn(actual) < instant.at(now))
  }
  if (after !== undefined) {
    const instant = instantOf(after)
    instants.push(instant)
    tests.push((actual, now) => instantIn(actual) > instant.at(now))
  }
  if (exists !== undefined) tests.push(actual => (actual !== undefined) === exists)
  if (tests.length === 0) throw new TypeError('a comparison names nothing to compare with')
  const test: Test = tests.length === 1 ? tests[0]! : (actual, now) => tests.every(one => one(actual, now))
  const moving = instants.filter(({ relative }) => relative)
  return moving.length === 0
    ? { test, until: NEVER, moves: false }
    : { test, until: (actual, now) => nextChange(moving, actual, now), moves: true }
}

interface Instant {
  readonly relative: boolean
  readonly at: (now: number) => number
}

const RELATIVE = /^now(?:([+-])(.+))?$/

function instantOf(text: string): Instant {
  const match = RELATIVE.exec(text)
  if (match === null) {
    const at = parseInstant(text) ?? Number.NaN
    return { relative: false, at: () => at }
  }
  const [, sign, length] = match
  const offset = length === undefined ? 0 : durationMs(length) * (sign === '-' ? -1 : 1)
  return { relative: true, at: now => now + offset }
}

/** NaN, which is neither before nor after anything, where the value is no date. */
function instantIn(actual: Json | undefined): number {
  return typeof actual === 'string' ? (parseInstant(actual) ?? Number.NaN) : Number.NaN
}

/** `before` begins to hold, and `after` stops, when now plus the offset passes the value's instant. */
function nextChange(moving: readonly Instant[], actual: Json | undefined, now: number): number {
  const value = instantIn(actual)
  if (Number.isNaN(value)) return Number.POSITIVE_INFINITY
  let next = Number.POSITIVE_INFINITY
  for (const { at } of moving) {
    // Equal is neither, so the outcome may change when they are equal and just after that.
    const equal = value - at(0)
    for (const change of [equal, equal + 1]) if (change > now && change < next) next = change
  }
  return next
}

/** Of so few each is compared as fast as one is found in a set. */
const FEW = 8

function memberOf(values: readonly (string | number | boolean)[]): Test {
  if (values.length <= FEW) return actual => (values as readonly unknown[]).includes(actual)
  const members: ReadonlySet<unknown> = new Set(values)
  return actual => members.has(actual)
}
