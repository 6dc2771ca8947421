import { compileComparisons } from '../filter/comparison.ts'
import type { Json, JsonObject } from '../json.ts'
import { durationMs } from '../time/duration.ts'

/** A condition without parts, or that it does not hold. */
export interface Literal {
  readonly leaf: JsonObject
  readonly holds: boolean
}

/** Comparisons that can be met by looking for a value that meets them. */
const SEARCHED = [
  'is',
  'isNot',
  'in',
  'notIn',
  'gt',
  'gte',
  'lt',
  'lte',
  'contains',
  'startsWith',
  'endsWith',
  'exists',
]
const PATTERNS = ['contains', 'startsWith', 'endsWith']

/** Names of leaves that compare one value: what the name names is the value. */
const COMPARED = ['trait', 'context', 'assigned', 'seen']

/**
 * Whether literals may all be true of one person at one moment. False only where they certainly may not: where nothing is
 * known, they may.
 */
export function mayAllBe(literals: readonly Literal[]): boolean {
  const values = new Map<string, Literal[]>()
  const others: Literal[] = []
  for (const literal of literals) {
    const name = COMPARED.find(name => Object.hasOwn(literal.leaf, name))
    if (name === undefined) others.push(literal)
    else {
      const key = `${name} ${String(literal.leaf[name])}`
      values.set(key, [...(values.get(key) ?? []), literal])
    }
  }
  return (
    [...values.values()].every(mayHaveValue) && !others.some((a, i) => others.slice(i + 1).some(b => exclude(a, b)))
  )
}

/** Whether some value of one trait, or of one place in the context, is as all of them say. */
function mayHaveValue(literals: readonly Literal[]): boolean {
  const comparisons = literals.map(({ leaf, holds }) => ({ compares: comparisonsOf(leaf), holds }))
  const known = comparisons.every(({ compares, holds }) =>
    Object.keys(compares).every(name => SEARCHED.includes(name) && (holds || !PATTERNS.includes(name))),
  )
  if (!known) return true
  const tests = comparisons.map(({ compares, holds }) => {
    const test = compileComparisons(compares)
    // Comparisons with the clock are not searched for, so the time is of no matter.
    return (value: Json | undefined) => test(value, 0) === holds
  })
  return candidates(comparisons.map(({ compares }) => compares)).some(value => tests.every(test => test(value)))
}

function comparisonsOf(leaf: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(leaf).filter(([name]) => !COMPARED.includes(name)))
}

/** Values among which there is one that meets the comparisons, if any value does. */
function candidates(all: readonly JsonObject[]): (Json | undefined)[] {
  const named = all.flatMap(one => [one.is, one.isNot, one.in, one.notIn].flat()).filter(value => value !== undefined)
  const bounds = all.flatMap(({ gt, gte, lt, lte }) => [gt, gte, lt, lte]).filter(n => typeof n === 'number')
  const numbers = [...new Set([0, ...bounds, ...named.filter(value => typeof value === 'number')])].sort(
    (a, b) => a - b,
  )
  const between = numbers.map((n, i) => (i + 1 < numbers.length ? (n + numbers[i + 1]!) / 2 : n + 1))
  const texts = (name: string) => all.flatMap(one => (typeof one[name] === 'string' ? [one[name]] : []))
  const longest = (list: string[]) => list.reduce((long, one) => (one.length > long.length ? one : long), '')
  const [start, within, end] = [longest(texts('startsWith')), texts('contains'), longest(texts('endsWith'))]
  // One text with all pieces, apart and run together, and one list with all of them.
  const pieced = [`${start}${UNUSED}${within.join(UNUSED)}${UNUSED}${end}`, `${start}${within.join('')}${end}`]
  return [
    undefined,
    true,
    false,
    UNUSED,
    [...within],
    ...named,
    ...numbers,
    ...between,
    numbers[0]! - 1,
    ...pieced,
    ...overlapped(start, end),
  ]
}

/** A text that nobody names. */
const UNUSED = '\u0001'

/** Texts that begin by one and end by the other, which may lie over each other. */
function overlapped(start: string, end: string): string[] {
  const found: string[] = []
  for (let shared = Math.min(start.length, end.length); shared > 0; shared--) {
    if (start.endsWith(end.slice(0, shared))) found.push(start + end.slice(shared))
  }
  return found
}

/** Two literals about something else: the one says that the other does not hold. */
function exclude(a: Literal, b: Literal): boolean {
  if (a.holds === b.holds) return false
  const [yes, no] = a.holds ? [a.leaf, b.leaf] : [b.leaf, a.leaf]
  if (textOf(yes) === textOf(no)) return true
  return isPlainDid(yes) && isPlainDid(no) && yes.did === no.did && implies(yes, no)
}

/** Each is compared with many others. */
const texts = new WeakMap<JsonObject, string>()

function textOf(leaf: JsonObject): string {
  let text = texts.get(leaf)
  if (text === undefined) {
    text = JSON.stringify(leaf)
    texts.set(leaf, text)
  }
  return text
}

function isPlainDid(leaf: JsonObject): boolean {
  return Object.hasOwn(leaf, 'did') && Object.keys(leaf).every(name => ['did', 'atLeast', 'within'].includes(name))
}

/** Who did it so often in so short a time did it less often in a longer one. */
function implies(more: JsonObject, less: JsonObject): boolean {
  const within = ({ within }: JsonObject) =>
    within === undefined ? Number.POSITIVE_INFINITY : durationMs(String(within))
  return Number(more.atLeast ?? 1) >= Number(less.atLeast ?? 1) && within(more) <= within(less)
}
