import type { Json, JsonObject } from '@espalier/core'
import { asGuessed, asText, cellOf } from './cells.ts'
import { OPERATORS, type Rows, type Value, type ValueScope } from './operators.ts'
import { join, MappingProblem, RowProblem, textOf } from './problem.ts'

/** What an object may say beside its fields. */
export const WORDS: readonly string[] = ['$rest', '$spread']

/**
 * Parses a value of the mapping language. Text is a template (`invoice:{InvoiceNo}`; `{#}` is the row's number from 1), other
 * scalars stand for themselves, lists and objects are made of values, and an object with one `$word` is an operator.
 */
export function parseValue(node: unknown, path: string, scope: ValueScope): Value {
  if (typeof node === 'string') return template(node, path, scope)
  if (node === null || typeof node === 'number' || typeof node === 'boolean') return () => node
  if (Array.isArray(node)) {
    const items = node.map((item, i) => parseValue(item, `${path}[${i}]`, scope))
    return rows => items.map(item => item(rows)).filter(item => item !== undefined)
  }
  if (typeof node !== 'object' || node === undefined) throw new MappingProblem(path, 'must be a value')
  const operator = Object.keys(node).find(name => name.startsWith('$') && !WORDS.includes(name))
  if (operator === undefined) {
    const inner = parseObject(node as Record<string, unknown>, path, scope)
    const isEmpty = Object.keys(node).length === 0
    // Nothing of it is known: stated empty it would take the place of what is known already.
    return rows => {
      const made = inner(rows)
      return isEmpty || Object.keys(made).length > 0 ? made : undefined
    }
  }
  const parse = OPERATORS[operator]
  if (!parse) {
    throw new MappingProblem(
      join(path, operator),
      `is not an operator; use one of ${Object.keys(OPERATORS).join(', ')}, ${WORDS.join(', ')}`,
    )
  }
  return parse(node as Record<string, unknown>, path, scope, parseValue)
}

export function parseObject(
  node: Record<string, unknown>,
  path: string,
  scope: ValueScope,
): (rows: Rows) => JsonObject {
  const { $rest: rest, $spread: spread, ...named } = node
  if (rest !== undefined && rest !== true) throw new MappingProblem(join(path, '$rest'), 'must be true')
  const whole = spread === undefined ? undefined : textOf(spread, join(path, '$spread'))
  if (whole !== undefined) scope.reads(whole)
  const fields = Object.entries(named).map(
    ([name, value]) => [name, parseValue(value, join(path, name), scope)] as const,
  )
  return rows => {
    const made: JsonObject = {}
    if (rest) {
      for (const [column, cell] of Object.entries(rows.first)) {
        if (cell !== '' && cell !== null && column !== '' && !scope.columns.has(column)) made[column] = asGuessed(cell)
      }
    }
    if (whole !== undefined) Object.assign(made, fieldsIn(cellOf(rows.first, whole), whole))
    for (const [name, value] of fields) {
      const known = value(rows)
      if (known !== undefined) made[name] = known
    }
    return made
  }
}

/** The fields of a cell that holds an object, as JSON text too. */
function fieldsIn(cell: Json | undefined, column: string): JsonObject {
  const value = cell === undefined ? {} : asGuessed(cell)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new RowProblem(`${column} is ${JSON.stringify(value)?.slice(0, 100)}, not an object`)
}

/** Text with `{Column}` in it. A template of which a part is missing has no value: half a key is not a key. */
function template(text: string, path: string, scope: ValueScope): Value {
  const parts = text.split(/\{([^{}]+)\}/)
  if (parts.length === 1) return () => text
  for (let i = 1; i < parts.length; i += 2) if (parts[i] !== '#') scope.reads(parts[i]!)
  if (parts.some((part, i) => i % 2 === 0 && /[{}]/.test(part))) {
    throw new MappingProblem(path, `"${text}" has a brace without its partner; columns are written {Column}`)
  }
  return rows => {
    let made = ''
    for (let i = 0; i < parts.length; i++) {
      const part =
        i % 2 === 0 ? parts[i]! : parts[i] === '#' ? String(rows.row + 1) : asText(cellOf(rows.first, parts[i]!))
      if (part === undefined) return undefined
      made += part
    }
    return made
  }
}
