import { type Condition, compileCondition } from '@espalier/core/segment'
import type { Asked } from './asked.ts'
import { conditionSql } from './compile.ts'
import { everybody, rowsOf, STAMP } from './rows.ts'

/** Query of the canonical people, as `person`, for whom a condition holds. */
export function members(condition: Condition, asked: Asked, place = '', inside: readonly string[] = []): string {
  const holds = conditionSql(condition, asked, place, inside)
  // Of somebody without any row that matters it holds or not, as of somebody of whom nothing is known.
  if (!holdsOfNobody(condition, asked)) return `SELECT person FROM ${touched(asked)} WHERE ${holds}`
  return `SELECT person FROM (${everybody(asked)}) WHERE person NOT IN (SELECT person FROM ${touched(asked)} WHERE NOT ${holds})`
}

/** Query of `counts`: for how many people each condition holds, and at the end for how many all of them do. */
export function sizes(conditions: readonly Condition[], asked: Asked): string {
  const holds = conditions.map(condition => conditionSql(condition, asked))
  const nobody = conditions.map(condition => holdsOfNobody(condition, asked))
  const counted = [...holds, holds.join(' AND ')].map(test => `countIf(${test})`)
  const others = [...nobody, nobody.every(Boolean)]
  const counts = `SELECT [${counted.join(', ')}] AS counts, count() AS people FROM ${touched(asked)}`
  if (!others.includes(true)) return counts
  const rest = `(SELECT count() FROM (${everybody(asked)})) - people`
  return `SELECT arrayMap((n, other) -> n + other * (${rest}), counts, [${others.map(Number).join(', ')}]) AS counts FROM (${counts})`
}

/** People of whom there is a row that matters, with the columns that are asked for. */
function touched(asked: Asked): string {
  const ordered = asked.columns.some(column => column.includes(STAMP))
  return `(
    SELECT ${['e.person AS person', ...asked.columns].join(', ')}
    FROM ${rowsOf(asked, { which: asked.rows, columns: asked.rowColumns, ordered })} AS e
    GROUP BY person
  )`
}

function holdsOfNobody(condition: Condition, { language, at }: Asked): boolean {
  return compileCondition(condition, language).test({ profile: { traits: {}, signals: {} }, context: {}, now: at })
}
