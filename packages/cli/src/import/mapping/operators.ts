import type { Json } from '@espalier/core'
import type { Cells } from '../source/rows.ts'
import { asText, cellOf, isBlank } from './cells.ts'
import { expressionOf, parseCondition } from './condition.ts'
import { fieldsOf, join, MappingProblem, RowProblem, textOf } from './problem.ts'
import { timeOf } from './time.ts'

/** The rows that make one item: one, or several where the rule groups. */
export interface Rows {
  readonly first: Cells
  /** Zero-based place of `first` in the file. */
  readonly row: number
  readonly all: readonly Cells[]
}

/** What a mapping says of one value; undefined: there is none, and the field is left out. */
export type Value = (rows: Rows) => Json | undefined

export interface ValueScope {
  /** Hears which columns are read, so that `$rest` can be the others. */
  reads(column: string): void
  /** Columns read by the rule as a whole; complete only once the rule is parsed. */
  readonly columns: ReadonlySet<string>
  readonly zone: string
  /** The moment of the import. */
  readonly now: number
  readonly grouped: boolean
}

export type Parse = (node: unknown, path: string, scope: ValueScope) => Value
export type Operator = (node: Record<string, unknown>, path: string, scope: ValueScope, parse: Parse) => Value

export const OPERATORS: Record<string, Operator> = {
  /** A cell as it is. */
  $column: cell((value: Json) => value),
  $text: cell(asText),
  /** An identifier: text, without the `.0` that spreadsheets put behind whole numbers. What they have shortened could be anybody. */
  $id: cell((value, column) => {
    const text = asText(value)
    if (text !== undefined && SHORTENED.test(text)) {
      const mend = 'export it again with that column as text'
      throw new RowProblem(
        `${column} is "${text}": a spreadsheet has cut its last digits off, so that many people may have it; ${mend}`,
      )
    }
    return text?.replace(/^(\d+)\.0+$/, '$1')
  }),
  /** `{$number: Column, decimal: ','}`: 1.234,50 where the comma is before the pennies. */
  $number: numeric(value => value),
  $integer: numeric((whole, value, column) => {
    if (!Number.isInteger(whole)) throw new RowProblem(`${column} is "${value}", not a whole number`)
    return whole
  }),
  $boolean: cell((value, column) => {
    const text = String(value).trim().toLowerCase()
    if (['true', 'yes', 'y', '1', 't'].includes(text)) return true
    if (['false', 'no', 'n', '0', 'f'].includes(text)) return false
    throw new RowProblem(`${column} is "${value}", not true or false`)
  }),
  /** JSON written as text. */
  $json: cell((value, column) => {
    if (typeof value !== 'string') return value
    try {
      return JSON.parse(value) as Json
    } catch {
      throw new RowProblem(`${column} is not JSON: "${value.slice(0, 60)}"`)
    }
  }),
  /** `{$split: Column, by: '|'}`: a list of the parts that are not empty; what is a list already has its own. */
  $split(node, path, scope) {
    const { $split, by } = fieldsOf(node, path, ['$split', 'by'])
    const [, value] = reader($split, join(path, '$split'), scope)
    const separator = by === undefined ? ',' : textOf(by, join(path, 'by'))
    return rows => {
      const cell = value(rows)
      const parts = Array.isArray(cell) ? cell : (asText(cell)?.split(separator) ?? [])
      const texts = parts.map(asText).filter(part => part !== undefined)
      return texts.length > 0 ? texts : undefined
    }
  },
  /** `{$extract: Column, pattern: '^([0-9.]+)'}`: what the first group of a regular expression matches. */
  $extract(node, path, scope) {
    const { $extract, pattern } = fieldsOf(node, path, ['$extract', 'pattern'])
    const [, value] = reader($extract, join(path, '$extract'), scope)
    const expression = expressionOf(pattern, join(path, 'pattern'))
    return rows => expression.exec(asText(value(rows)) ?? '')?.[1]
  },
  $lower: one((value: Json) => asText(value)?.toLowerCase()),
  /** `{$time: Column, format, zone}`: ISO 8601 in UTC. */
  $time(node, path, scope) {
    fieldsOf(node, path, ['$time', 'format', 'zone'])
    const column = textOf(node.$time, join(path, '$time'))
    scope.reads(column)
    const read = timeOf(node, path, scope.zone)
    return rows => {
      const value = cellOf(rows.first, column)
      return value === undefined ? undefined : new Date(read(value)).toISOString()
    }
  },
  /** `{$map: Column, to: {cell: value}, otherwise}`: a cell that is in neither is refused. */
  $map(node, path, scope, parse) {
    const { $map, to, otherwise } = fieldsOf(node, path, ['$map', 'to', 'otherwise'])
    const column = textOf($map, join(path, '$map'))
    scope.reads(column)
    if (typeof to !== 'object' || to === null)
      throw new MappingProblem(join(path, 'to'), 'must be an object: cell to value')
    const values = new Map(
      Object.entries(to).map(([from, value]) => [from, parse(value, join(join(path, 'to'), from), scope)]),
    )
    const other = otherwise === undefined ? undefined : parse(otherwise, join(path, 'otherwise'), scope)
    return rows => {
      const text = asText(cellOf(rows.first, column))
      const value = text === undefined ? undefined : values.get(text)
      if (value) return value(rows)
      if (other) return other(rows)
      if (text === undefined) return undefined
      throw new RowProblem(`${column} is "${text.slice(0, 60)}", which the mapping does not know`)
    }
  },
  /** The first of several that has a value. */
  $first(node, path, scope, parse) {
    const values = list(node, '$first', path, scope, parse)
    return rows => {
      for (const value of values) {
        const known = value(rows)
        if (known !== undefined) return known
      }
      return undefined
    }
  },
  /** `{$if: condition, then, else}`. */
  $if(node, path, scope, parse) {
    const fields = fieldsOf(node, path, ['$if', 'then', 'else'])
    const test = parseCondition(fields.$if, join(path, '$if'), scope)
    const yes = fields.then === undefined ? undefined : parse(fields.then, join(path, 'then'), scope)
    const no = fields.else === undefined ? undefined : parse(fields.else, join(path, 'else'), scope)
    return rows => (test(rows.first) ? yes?.(rows) : no?.(rows))
  },
  $multiply(node, path, scope, parse) {
    const values = list(node, '$multiply', path, scope, parse)
    return rows => arithmetic(values, rows, (a, b) => a * b)
  },
  $add(node, path, scope, parse) {
    const values = list(node, '$add', path, scope, parse)
    return rows => arithmetic(values, rows, (a, b) => a + b)
  },
  /** The sum over the rows of a group. */
  $sum: over('$sum', values => {
    const numbers = values.filter(value => typeof value === 'number')
    return numbers.length === 0 ? undefined : rounded(numbers.reduce((sum, value) => sum + value, 0))
  }),
  /** One value for each row of a group. */
  $list: over('$list', values => values.filter(value => value !== undefined)),
}

/** An operator over one column, `{$number: UnitPrice}`, or over a value, `{$number: {$extract: …}}`. */
function cell(read: (value: Json, column: string) => Json | undefined): Operator {
  return (node, path, scope, parse) => {
    const name = Object.keys(node)[0]!
    const argument = fieldsOf(node, path, [name])[name]
    const [column, inner] =
      typeof argument === 'object'
        ? [name, parse(argument, join(path, name), scope)]
        : reader(argument, join(path, name), scope)
    return rows => {
      const value = inner(rows)
      return value === undefined || value === null || isBlank(value) ? undefined : read(value, column)
    }
  }
}

/** 1.23457E+12, also where a comma is before the decimals. */
const SHORTENED = /^\d(?:[.,]\d+)?E\+\d+$/i

/** Groups of three digits, which what is not the decimal mark may part. */
const WRITTEN = {
  '.': /^[+-]?(?:\d+|\d{1,3}(?:[,'\s]\d{3})+)(?:\.\d+)?$/,
  ',': /^[+-]?(?:\d+|\d{1,3}(?:[.'\s]\d{3})+)(?:,\d+)?$/,
} as const

/** A number, written as JSON does unless the mapping says which mark is before the decimals. */
function numeric(read: (value: number, written: Json, column: string) => number): Operator {
  return (node, path, scope, parse) => {
    const { decimal, ...rest } = node
    if (decimal !== undefined && decimal !== '.' && decimal !== ',') {
      throw new MappingProblem(join(path, 'decimal'), 'must be "." or ","')
    }
    const plain = (value: Json, column: string): Json => {
      if (decimal === undefined || typeof value === 'number') return value
      const text = String(value).trim()
      if (!WRITTEN[decimal].test(text)) throw notANumber(value, column)
      return text.replace(decimal === ',' ? /[.'\s]/g : /[,'\s]/g, '').replace(',', '.')
    }
    const operator = cell((value, column) => read(number(plain(value, column), column), value, column))
    return operator(rest, path, scope, parse)
  }
}

function reader(argument: unknown, path: string, scope: ValueScope): [column: string, value: Value] {
  const column = textOf(argument, path)
  scope.reads(column)
  return [column, rows => cellOf(rows.first, column)]
}

function one(read: (value: Json) => Json | undefined): Operator {
  return (node, path, scope, parse) => {
    const name = Object.keys(node)[0]!
    const inner = parse(fieldsOf(node, path, [name])[name], join(path, name), scope)
    return rows => {
      const value = inner(rows)
      return value === undefined ? undefined : read(value)
    }
  }
}

function over(name: string, fold: (values: (Json | undefined)[]) => Json | undefined): Operator {
  return (node, path, scope, parse) => {
    if (!scope.grouped) throw new MappingProblem(path, `${name} is over the rows of a group; the rule has no group`)
    const inner = parse(fieldsOf(node, path, [name])[name], join(path, name), scope)
    return rows => fold(rows.all.map(first => inner({ first, row: rows.row, all: [first] })))
  }
}

function list(node: Record<string, unknown>, name: string, path: string, scope: ValueScope, parse: Parse): Value[] {
  const items = fieldsOf(node, path, [name])[name]
  if (!Array.isArray(items) || items.length === 0)
    throw new MappingProblem(join(path, name), 'must be a list of values')
  return items.map((item, i) => parse(item, `${join(path, name)}[${i}]`, scope))
}

function arithmetic(values: Value[], rows: Rows, combine: (a: number, b: number) => number): number | undefined {
  let result: number | undefined
  for (const value of values) {
    const known = value(rows)
    if (typeof known !== 'number') return undefined
    result = result === undefined ? known : combine(result, known)
  }
  return result === undefined ? undefined : rounded(result)
}

/** Money is decimal: what binary arithmetic leaves below a millionth is not meant. */
function rounded(value: number): number {
  const micro = Math.round(value * 1e6)
  return Number.isSafeInteger(micro) ? micro / 1e6 : value
}

function number(value: Json, column: string): number {
  const parsed = typeof value === 'number' ? value : Number(String(value).trim())
  if (!Number.isFinite(parsed)) throw notANumber(value, column)
  return parsed
}

function notANumber(value: Json, column: string): RowProblem {
  return new RowProblem(`${column} is "${String(value).slice(0, 60)}", not a number`)
}
