import { type Path, type Problem, problem } from '../problem/problem.ts'
import { show } from '../problem/schemaProblems.ts'
import type { Aggregate } from '../segment/aggregate.ts'

const OF_NUMBERS = ['gt', 'gte', 'lt', 'lte'] as const
const OF_TEXTS = ['startsWith', 'endsWith', 'matches', 'before', 'after'] as const
/** Aggregates that are what a property was: text, a number, true or false. */
const OF_ANY_KIND = ['first', 'last', 'mostFrequent'] as const

export function isListOf(made: Aggregate): boolean {
  return 'list' in made
}

/** Whether it can be nothing but a number. */
export function isNumberOf(made: Aggregate): boolean {
  return !isListOf(made) && !OF_ANY_KIND.some(name => name in made)
}

/**
 * Comparisons that hold for nobody, whatever happens, since types are never mixed: of a number with a text, of a list with
 * anything but its elements. `isNot` and `notIn` are left alone: they hold.
 */
export function comparedKindProblems(
  made: Aggregate | 'number',
  body: Readonly<Record<string, unknown>>,
  path: Path,
): Problem[] {
  if (made !== 'number' && isListOf(made)) {
    const mend = 'ask for an element by contains, or for how many there are by distinct'
    return named(body, ['is', 'in', ...OF_NUMBERS, ...OF_TEXTS]).map(name =>
      problem([...path, name], `it is a list, for which ${name} never holds`, mend),
    )
  }
  if (made !== 'number' && !isNumberOf(made)) return []
  const found = named(body, ['contains', ...OF_TEXTS]).map(name =>
    problem(
      [...path, name],
      `it is a number, for which ${name} never holds`,
      'compare it by is, in, gt, gte, lt or lte',
    ),
  )
  for (const name of named(body, ['is', 'in'])) {
    const meant = body[name]
    if ([meant].flat().some(one => typeof one === 'number')) continue
    found.push(problem([...path, name], `it is a number, and never ${show(meant)}`, 'write a number'))
  }
  return found
}

function named<K extends string>(body: Readonly<Record<string, unknown>>, names: readonly K[]): K[] {
  return names.filter(name => body[name] !== undefined)
}
