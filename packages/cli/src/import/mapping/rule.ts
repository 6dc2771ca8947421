import type { Json, JsonObject } from '@espalier/core'
import { durationMs, parseInstant } from '@espalier/core/time'
import { type Item, type ItemType, put } from '../importer.ts'
import type { Cells } from '../source/rows.ts'
import { asText, cellOf } from './cells.ts'
import { parseCondition, type Test } from './condition.ts'
import type { Rows, Value, ValueScope } from './operators.ts'
import { fieldsOf, join, MappingProblem, RowProblem, textOf } from './problem.ts'
import { type TimeReader, timeOf } from './time.ts'
import { parseObject, parseValue, WORDS } from './value.ts'

/** Fields of each type beside those of every event; `!` must have a value in each row. */
const FIELDS: Record<ItemType, readonly string[]> = {
  track: ['event!', 'properties'],
  identify: ['traits'],
  page: ['name', 'category', 'properties'],
  screen: ['name', 'category', 'properties'],
  group: ['groupId!', 'traits'],
  alias: ['previousId!'],
  decision: ['touchpoint!', 'experience!', 'variant', 'control', 'propensity', 'exposed'],
  item: ['id!', 'fields'],
  rate: ['day!', 'currency!', 'base!', 'rate!'],
}
const OF_EVENTS = ['userId', 'anonymousId', 'messageId', 'time', 'context']
/** Fields that are objects of values. */
const OBJECTS = ['properties', 'traits', 'context', 'fields']
/** Fields of the API that are text, whatever the cell was. */
const TEXTS = ['event', 'name', 'category', 'userId', 'anonymousId', 'messageId', 'groupId', 'previousId', 'id']

const TYPES = Object.keys(FIELDS) as ItemType[]

/** One rule of a mapping: which rows it takes, and what it makes of them. */
export interface Rule {
  readonly type: ItemType
  readonly matches: Test
  /** Rows with the same cells here make one item together; undefined: each row its own. */
  readonly group: readonly string[] | undefined
  /** What it says of the messageId, as it stands in the mapping. */
  readonly messageId: unknown
  /** Columns that it reads by name. */
  readonly columns: ReadonlySet<string>
  /** Cells that the rule reads; all of them with `$rest`. */
  pick(cells: Cells): Cells
  make(rows: Rows): Item
}

export interface RuleDefaults {
  readonly zone: string
  /** Fields used where a rule has none of its own. */
  readonly common: Record<string, unknown>
  /** The moment of the import. */
  readonly now: number
}

export function parseRule(node: unknown, path: string, defaults: RuleDefaults): Rule {
  const type = typeOf(node, path)
  const events = type !== 'item' && type !== 'rate'
  const names = [...FIELDS[type].map(name => name.replace('!', '')), ...(events ? OF_EVENTS : [])]
  const own = fieldsOf(node, path, ['type', 'when', 'group', ...names])
  const shared = Object.entries(defaults.common).filter(([name]) => name === 'group' || names.includes(name))
  const fields: Record<string, unknown> = { ...Object.fromEntries(shared), ...own }

  const columns = new Set<string>()
  const group = fields.group === undefined ? undefined : columnsOf(fields.group, join(path, 'group'))
  const scope: ValueScope = {
    reads: column => columns.add(column),
    columns,
    zone: defaults.zone,
    now: defaults.now,
    grouped: group !== undefined,
  }
  const matches = fields.when === undefined ? () => true : parseCondition(fields.when, join(path, 'when'), scope)
  const at = events ? parseTime(fields.time, join(path, 'time'), scope, defaults.now) : () => 0
  const values = names
    .filter(name => name !== 'time' && fields[name] !== undefined)
    .map(name => [name, parseField(name, fields[name], join(path, name), scope)] as const)
  const required = FIELDS[type].filter(name => name.endsWith('!')).map(name => name.slice(0, -1))
  for (const name of required) {
    if (fields[name] === undefined) throw new MappingProblem(path, `needs ${name}: a ${type} has one`)
  }
  if (events && fields.userId === undefined && fields.anonymousId === undefined) {
    throw new MappingProblem(path, 'needs userId or anonymousId: who did it')
  }
  const everything = usesRest(node) || usesRest(defaults.common)
  for (const column of group ?? []) columns.add(column)

  return {
    type,
    matches,
    group,
    messageId: fields.messageId,
    columns,
    pick: cells => (everything ? cells : picked(cells, columns)),
    make(rows) {
      const body: JsonObject = {}
      for (const [name, value] of values) put(body, name, value(rows))
      for (const name of required) if (body[name] === undefined) throw new RowProblem(`it has no ${name}`)
      if (events && body.userId === undefined && body.anonymousId === undefined) {
        throw new RowProblem('it names nobody: neither userId nor anonymousId has a value')
      }
      const time = at(rows)
      if (!events)
        return { type, at: 0, body: { ...(body.fields as JsonObject | undefined), ...without(body, 'fields') } }
      return { type, at: time, body: { ...body, timestamp: new Date(time).toISOString() } }
    },
  }
}

function typeOf(node: unknown, path: string): ItemType {
  const type = typeof node === 'object' && node !== null && 'type' in node ? node.type : 'track'
  const known = TYPES.find(name => name === type)
  if (!known) throw new MappingProblem(join(path, 'type'), `must be one of ${TYPES.join(', ')}`)
  return known
}

function parseField(name: string, node: unknown, path: string, scope: ValueScope): Value {
  if (OBJECTS.includes(name)) {
    if (typeof node !== 'object' || node === null || Array.isArray(node))
      throw new MappingProblem(path, 'must be an object of values')
    const word = Object.keys(node).find(key => key.startsWith('$') && !WORDS.includes(key))
    if (word === undefined) return parseObject(node as Record<string, unknown>, path, scope)
  }
  const value = parseValue(node, path, scope)
  return TEXTS.includes(name) ? rows => asText(value(rows)) : value
}

/** `{column, format, zone, plus, otherwise}`, or an ISO instant that holds for all rows. */
function parseTime(node: unknown, path: string, scope: ValueScope, now: number): (rows: Rows) => number {
  if (typeof node === 'string') {
    const fixed = parseInstant(node)
    if (fixed === undefined)
      throw new MappingProblem(path, `"${node}" is not an instant; write {column: …} or 2024-05-01T10:00:00Z`)
    return () => fixed
  }
  if (node === undefined) throw new MappingProblem(path, 'is missing: say when it happened, {column: …} or an instant')
  const fields = fieldsOf(node, path, ['column', 'columns', 'at', 'format', 'zone', 'plus', 'otherwise'])
  const plus = fields.plus === undefined ? 0 : durationOf(fields.plus, join(path, 'plus'))
  if (fields.at !== undefined) {
    const fixed = parseTime(textOf(fields.at, join(path, 'at')), join(path, 'at'), scope, now)
    return rows => fixed(rows) + plus
  }
  const columns =
    fields.columns === undefined
      ? [textOf(fields.column, join(path, 'column'))]
      : columnsOf(fields.columns, join(path, 'columns'))
  for (const column of columns) scope.reads(column)
  if (fields.otherwise !== undefined && fields.otherwise !== 'now') {
    throw new MappingProblem(join(path, 'otherwise'), 'must be now: the moment of the import')
  }
  const otherwise = fields.otherwise === 'now' ? now : undefined
  const read: TimeReader = timeOf(fields, path, scope.zone)
  return rows => {
    const cell = columns.map(column => cellOf(rows.first, column)).find(value => value !== undefined)
    return cell === undefined && otherwise !== undefined ? otherwise : read(cell) + plus
  }
}

function durationOf(node: unknown, path: string): number {
  try {
    return durationMs(String(node))
  } catch (error) {
    throw new MappingProblem(path, (error as Error).message)
  }
}

function columnsOf(node: unknown, path: string): string[] {
  const list = Array.isArray(node) ? node : [node]
  if (list.length === 0) throw new MappingProblem(path, 'must name a column')
  return list.map((item, i) => textOf(item, `${path}[${i}]`))
}

function usesRest(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false
  return '$rest' in node || Object.values(node).some(usesRest)
}

/** Only what the rule reads, so that a group's parts stay small. */
function picked(cells: Cells, columns: ReadonlySet<string>): Cells {
  const kept: Record<string, Json> = {}
  for (const column of columns) {
    const value = cellOf(cells, column)
    if (value !== undefined) kept[column] = value
  }
  return kept
}

function without(body: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = body
  return rest
}
