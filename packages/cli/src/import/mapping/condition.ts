import type { Json } from '@espalier/core'
import type { Cells } from '../source/rows.ts'
import { asText, cellOf } from './cells.ts'
import { fieldsOf, join, MappingProblem, textOf } from './problem.ts'
import { timeReader } from './time.ts'

export type Test = (cells: Cells) => boolean

type Operator = (cell: Json | undefined) => boolean

/** What a condition needs of the rule it stands in. */
export interface ConditionScope {
  /** Hears which columns it looks at. */
  reads(column: string): void
  /** Of times that name none. */
  readonly zone: string
  /** The moment of the import. */
  readonly now: number
}

/** Each operator makes a test of its argument. An empty cell passes only `exists: false`, `isNot` and `notIn`. */
const OPERATORS: Record<string, (argument: unknown, path: string, scope: ConditionScope) => Operator> = {
  is: argument => cell => same(cell, argument),
  isNot: argument => cell => !same(cell, argument),
  in: (argument, path) => among(argument, path),
  notIn: (argument, path) => {
    const test = among(argument, path)
    return cell => !test(cell)
  },
  startsWith: (argument, path) => onText(textOf(argument, path), (text, part) => text.startsWith(part)),
  endsWith: (argument, path) => onText(textOf(argument, path), (text, part) => text.endsWith(part)),
  contains: (argument, path) => onText(textOf(argument, path), (text, part) => text.includes(part)),
  matches: (argument, path) => {
    const expression = expressionOf(argument, path)
    return cell => {
      const text = asText(cell)
      return text !== undefined && expression.test(text)
    }
  },
  lt: (argument, path) => onNumber(argument, path, (value, bound) => value < bound),
  lte: (argument, path) => onNumber(argument, path, (value, bound) => value <= bound),
  gt: (argument, path) => onNumber(argument, path, (value, bound) => value > bound),
  gte: (argument, path) => onNumber(argument, path, (value, bound) => value >= bound),
  exists: (argument, path) => {
    if (typeof argument !== 'boolean') throw new MappingProblem(path, 'must be true or false')
    return cell => (asText(cell) !== undefined) === argument
  },
  now: (argument, path, { zone, now }) => {
    if (typeof argument !== 'boolean') throw new MappingProblem(path, 'must be true or false')
    const holds = stretch(zone)
    return cell => {
      const text = asText(cell)
      return text !== undefined && holds(text, now) === argument
    }
  },
}

/**
 * A condition over the cells of a row: `{column, …}` with one or several operators that must all hold, or `all`, `any`,
 * `not`.
 */
export function parseCondition(node: unknown, path: string, scope: ConditionScope): Test {
  const fields = fieldsOf(node, path, ['column', 'all', 'any', 'not', ...Object.keys(OPERATORS)])
  const nested = (name: 'all' | 'any') => {
    const list = fields[name]
    if (!Array.isArray(list) || list.length === 0)
      throw new MappingProblem(join(path, name), 'must be a list of conditions')
    return list.map((item, i) => parseCondition(item, `${join(path, name)}[${i}]`, scope))
  }
  const tests: Test[] = []
  if ('all' in fields) tests.push(...nested('all'))
  if ('any' in fields) {
    const any = nested('any')
    tests.push(cells => any.some(test => test(cells)))
  }
  if ('not' in fields) {
    const not = parseCondition(fields.not, join(path, 'not'), scope)
    tests.push(cells => !not(cells))
  }
  const operators = Object.keys(OPERATORS).filter(name => name in fields)
  if ('column' in fields) {
    const column = textOf(fields.column, join(path, 'column'))
    scope.reads(column)
    if (operators.length === 0) {
      throw new MappingProblem(path, `needs an operator beside column: one of ${Object.keys(OPERATORS).join(', ')}`)
    }
    for (const name of operators) {
      const test = OPERATORS[name]!(fields[name], join(path, name), scope)
      tests.push(cells => test(cellOf(cells, column)))
    }
  } else if (operators.length > 0) {
    throw new MappingProblem(path, `needs the column that ${operators[0]} looks at`)
  }
  if (tests.length === 0) throw new MappingProblem(path, 'says nothing; name a column and an operator')
  return cells => tests.every(test => test(cells))
}

/** A regular expression a mapping names. */
export function expressionOf(node: unknown, path: string): RegExp {
  const source = textOf(node, path)
  try {
    return new RegExp(source, 'u')
  } catch (error) {
    throw new MappingProblem(path, `is not a regular expression: ${(error as Error).message}`)
  }
}

/** Whether an instant lies in what `from/to` says, `to` exclusive; in none that cannot be read. */
function stretch(zone: string): (text: string, at: number) => boolean {
  const instant = timeReader('auto', zone)
  return (text, at) => {
    const ends = text.split('/')
    try {
      const [from, to] = ends.map(instant)
      return ends.length === 2 && from! <= at && at < to!
    } catch {
      return false
    }
  }
}

function same(cell: Json | undefined, argument: unknown): boolean {
  const text = asText(cell)
  if (text === undefined) return false
  return text === String(argument) || (typeof argument === 'number' && Number(text) === argument)
}

function among(argument: unknown, path: string): Operator {
  if (!Array.isArray(argument) || argument.length === 0) throw new MappingProblem(path, 'must be a list')
  return cell => argument.some(item => same(cell, item))
}

function onText(part: string, test: (text: string, part: string) => boolean): Operator {
  return cell => {
    const text = asText(cell)
    return text !== undefined && test(text, part)
  }
}

function onNumber(bound: unknown, path: string, test: (value: number, bound: number) => boolean): Operator {
  if (typeof bound !== 'number') throw new MappingProblem(path, 'must be a number')
  return cell => {
    const text = asText(cell)
    return text !== undefined && test(Number(text), bound)
  }
}
