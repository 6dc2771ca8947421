import type { Importer, Item, Made, Target } from '../importer.ts'
import type { Cells } from '../source/rows.ts'
import { apart } from '../toldApart.ts'
import { asText, cellOf } from './cells.ts'
import { fieldsOf, join, MappingProblem, RowProblem, textOf } from './problem.ts'
import { parseRule, type Rule } from './rule.ts'
import { zoneOf } from './time.ts'

/** A mapping file, checked: how the rows of one kind of file become items. */
export interface Mapping extends Importer {
  readonly description: string
  /** A file with all of these columns is one of this kind. Empty: only on request. */
  readonly recognise: readonly string[]
}

/**
 * Parses a mapping. Throws `MappingProblem` with the path of what is wrong.
 *
 * Rules are tried in order. With `match: first` (unless said) the first that matches takes the row; with `match: all` each
 * that matches makes its own item of it. Rows that no rule takes make nothing, and are counted. `now` is the time of what has
 * none of its own and asks for it (`otherwise: now`).
 */
export function parseMapping(node: unknown, name: string, now: number): Mapping {
  const fields = fieldsOf(node, '', ['name', 'description', 'recognise', 'match', 'zone', 'common', 'rules'])
  const zone = fields.zone === undefined ? 'UTC' : zoneOf(fields.zone, 'zone')
  const match = fields.match ?? 'first'
  if (match !== 'first' && match !== 'all') throw new MappingProblem('match', 'must be first or all')
  if (!Array.isArray(fields.rules) || fields.rules.length === 0)
    throw new MappingProblem('rules', 'must be a list with a rule at least')
  const common = fields.common === undefined ? {} : fieldsOf(fields.common, 'common', COMMON)
  const parsed = fields.rules.map((rule, i) => parseRule(rule, `rules[${i}]`, { zone, common, now }))
  const rules = match === 'all' ? parsed.map(toldApartInGroups) : parsed

  return {
    name: fields.name === undefined ? name : textOf(fields.name, 'name'),
    description: fields.description === undefined ? '' : textOf(fields.description, 'description'),
    recognise: fields.recognise === undefined ? [] : texts(fields.recognise, 'recognise'),
    target: targetOf(rules),
    outputs: match === 'first' ? 1 : rules.length,
    meaning: JSON.stringify({ match, zone, common, rules: fields.rules }),
    reads: [...new Set(rules.flatMap(({ columns }) => [...columns]))],
    map: (cells, row) => mapRow(rules, match, cells, row),
    join(output, parts, row): Item {
      const rule = rules[output]!
      return rule.make({ first: parts[0]!, row, all: parts })
    },
  }
}

const COMMON = ['userId', 'anonymousId', 'messageId', 'time', 'context', 'properties', 'traits', 'group']

/**
 * Of rules that say the same of the messageId and take the same rows, those after the first make their own of it (R3): what they make of a
 * group is known only when all its rows are read, so that nobody sees it beside the others.
 */
function toldApartInGroups(rule: Rule, output: number, all: readonly Rule[]): Rule {
  const said = JSON.stringify(rule.messageId)
  const isShared = all
    .slice(0, output)
    .some(other => (other.group ?? rule.group) !== undefined && JSON.stringify(other.messageId) === said)
  return said === undefined || !isShared ? rule : { ...rule, make: rows => apart(rule.make(rows), output) }
}

/** Each rule for itself: what one cannot make of the row is no part of the others, and a group would lack a row of its own. */
function mapRow(rules: readonly Rule[], match: 'first' | 'all', cells: Cells, row: number): Made[] {
  const made: Made[] = []
  const failed: { readonly messageId: string | undefined; readonly problem: RowProblem }[] = []
  for (let output = 0; output < rules.length; output++) {
    const rule = rules[output]!
    if (!rule.matches(cells)) continue
    const messageId = JSON.stringify(rule.messageId)
    try {
      const piece = madeBy(rule, output, cells, row)
      // The one that is still to come, once the row is mended, has that messageId for itself (R3).
      const isTaken = messageId !== undefined && failed.some(other => other.messageId === messageId)
      made.push(isTaken && 'item' in piece ? { output, item: apart(piece.item, output) } : piece)
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error
      failed.push({ messageId, problem: error })
      made.push({ output, problem: error.message })
    }
    if (match === 'first') break
  }
  if (failed.length > 0 && failed.length === made.length) throw failed[0]!.problem
  return made
}

function madeBy(rule: Rule, output: number, cells: Cells, row: number): Made {
  if (rule.group) return { output, group: groupKey(rule.group, cells), part: rule.pick(cells) }
  return { output, item: rule.make({ first: cells, row, all: [cells] }) }
}

function groupKey(columns: readonly string[], cells: Cells): string {
  const values = columns.map(column => {
    const text = asText(cellOf(cells, column))
    if (text === undefined) throw new RowProblem(`it has no ${column}, which says what it belongs to`)
    return text
  })
  return values.length === 1 ? values[0]! : JSON.stringify(values)
}

function targetOf(rules: readonly Rule[]): Target {
  const targets = rules.map(rule => (rule.type === 'item' ? 'catalog' : rule.type === 'rate' ? 'rates' : 'stream'))
  const other = targets.findIndex(target => target !== targets[0])
  if (other > 0) {
    throw new MappingProblem(join(`rules[${other}]`, 'type'), 'events, catalog items and rates need a mapping each')
  }
  return targets[0]!
}

function texts(node: unknown, path: string): string[] {
  if (!Array.isArray(node) || node.length === 0) throw new MappingProblem(path, 'must be a list of columns')
  return node.map((item, i) => textOf(item, `${path}[${i}]`))
}
