import { type Comparisons, compileComparisons } from '../filter/comparison.ts'
import { formatPath, type Path, type Problem, problem } from '../problem/problem.ts'
import { show } from '../problem/schemaProblems.ts'
import type { Condition } from '../segment/condition.ts'
import { mayAllBe } from '../segment/literals.ts'
import { product, termsOf } from '../segment/ways.ts'
import { durationMs } from '../time/duration.ts'
import { parseInstant } from '../time/instant.ts'

const OF_NUMBERS = ['gt', 'gte', 'lt', 'lte'] as const
const OF_TEXTS = ['contains', 'startsWith', 'endsWith', 'matches', 'before', 'after'] as const
/** What holds of no missing value. */
const OF_THERE = ['is', 'in', ...OF_NUMBERS, ...OF_TEXTS] as const

const MEND = 'keep one of them, or join two conditions by {"any": [...]}'

/**
 * Comparisons of one condition that no value fulfils together, so that it holds for nobody, whatever happens. Each is well
 * formed by itself; bounds of numbers are looked at elsewhere.
 */
export function contradictions(body: Readonly<Record<string, unknown>>, path: Path): Problem[] {
  if (body.exists === false) {
    const named = OF_THERE.find(name => body[name] !== undefined)
    if (named === undefined) return []
    return [problem([...path, named], `what does not exist never fulfils ${named}`, MEND)]
  }
  const ofNumbers = OF_NUMBERS.find(name => body[name] !== undefined)
  const ofTexts = OF_TEXTS.find(name => body[name] !== undefined)
  if (ofNumbers !== undefined && ofTexts !== undefined) {
    const message = `${ofNumbers} holds of numbers and ${ofTexts} never does`
    return [problem([...path, ofTexts], message, MEND)]
  }
  const chosen = choiceProblems(body as Comparisons, path)
  return chosen.length > 0 ? chosen : instantProblems(body, path)
}

/**
 * Parts of a condition that are never true of one person at one moment, so that it holds for nobody, whatever happens. Each is well
 * formed by itself and may hold. Only what is certain is told: of segments that are named, what they ask is left aside.
 */
export function partContradictions(
  condition: { readonly all?: unknown; readonly not?: unknown },
  path: Path,
): Problem[] {
  const all = termsOf(condition as Condition, true, () => undefined)
  if (all?.some(mayAllBe)) return []
  const parts = Array.isArray(condition.all) ? (condition.all as Condition[]) : []
  const ways = parts.map(part => termsOf(part, true, () => undefined))
  for (const [later, second] of ways.entries()) {
    for (const [earlier, first] of ways.slice(0, later).entries()) {
      // Where there are too many ways to tell apart, only parts that hold in one are compared.
      if (all === undefined && (first?.length !== 1 || second?.length !== 1)) continue
      if (product([first, second])?.some(mayAllBe) !== false) continue
      const message = `it is never true together with ${formatPath([...path, 'all', earlier])}`
      return [problem([...path, 'all', later], message, PARTS_MEND)]
    }
  }
  return all === undefined ? [] : [problem(path, 'this is true of nobody, ever', PARTS_MEND)]
}

const PARTS_MEND = 'leave one of the parts out, or join them by {"any": [...]}'

/** What is named by `is` or `in` can be asked whether it fulfils the rest; what moves with now may at some time. */
function choiceProblems(body: Comparisons, path: Path): Problem[] {
  const { is, in: oneOf } = body
  const name = is !== undefined ? 'is' : 'in'
  const choice = is !== undefined ? [is] : oneOf
  if (choice === undefined) return []
  const rest = [...OF_NUMBERS, ...OF_TEXTS, 'isNot', 'notIn'] as const
  const asked = rest.filter(one => body[one] !== undefined && !isRelative(body[one]))
  const failed = asked.filter(one => {
    const test = compileComparisons({ [one]: body[one] } as Comparisons)
    return choice.every(value => !test(value, 0))
  })
  const [first] = failed
  if (first !== undefined) {
    const message = `${first} never holds of what it is to be: ${show(is ?? oneOf)}`
    return [problem([...path, first], message, MEND)]
  }
  if (asked.length < 2) return []
  const test = compileComparisons(Object.fromEntries(asked.map(one => [one, body[one]])) as Comparisons)
  if (choice.some(value => test(value, 0))) return []
  return [problem([...path, name], `none of ${show(choice)} fulfils ${asked.join(' and ')}`, MEND)]
}

/** Both instants, or both relative to now. */
function instantProblems({ before, after }: Readonly<Record<string, unknown>>, path: Path): Problem[] {
  if (typeof before !== 'string' || typeof after !== 'string' || isRelative(before) !== isRelative(after)) return []
  const [latest, earliest] = [before, after].map(instantOf)
  if (latest === undefined || earliest === undefined || earliest < latest) return []
  return [problem([...path, 'before'], `nothing is before ${before} and after ${after}`, 'swap the two')]
}

function isRelative(value: unknown): boolean {
  return typeof value === 'string' && /^now([+-]|$)/.test(value)
}

/** Milliseconds, from 1970 or from now. */
function instantOf(text: string): number | undefined {
  if (!isRelative(text)) return parseInstant(text)
  return text === 'now' ? 0 : durationMs(text.slice(4)) * (text[3] === '-' ? -1 : 1)
}
