import { PROFILE_LIMITS } from '@espalier/core/profile'
import type { AccountCondition, TraitCondition } from '@espalier/core/segment'
import type { Asked } from '../asked.ts'
import { comparisonsSql } from '../comparisons.ts'
import { rowsOf, STAMP } from '../rows.ts'
import { traitIn } from '../statement.ts'
import { jsonValue, MISSING } from '../value.ts'

const IS_GROUP = `type = 'group'`

/** One of the person's accounts has the trait so, or has somebody in it who fulfils a condition; `members`: who does. */
export function account(
  { account: condition }: AccountCondition,
  asked: Asked,
  members: (asked: Asked) => string,
): string {
  asked.need(IS_GROUP)
  const accounts =
    'anyone' in condition
      ? `SELECT account FROM ${belonging(asked)} WHERE person IN (${members(asked.another())})`
      : withTrait(condition, asked)
  return `(person IN (SELECT person FROM ${belonging(asked)} WHERE account IN (${accounts})))`
}

/** Who belongs to which account: the ones stated last, of more than a profile keeps. */
function belonging(asked: Asked): string {
  return `(
    SELECT e.person AS person, e.group_id AS account
    FROM ${rowsOf(asked, { which: IS_GROUP, ordered: true })} AS e
    GROUP BY person, account
    ORDER BY max(${STAMP}) DESC, account
    LIMIT ${PROFILE_LIMITS.accounts} BY person
  )`
}

/** Accounts of which the last statement of a trait, whoever made it, compares as stated. */
function withTrait({ trait: path, ...comparisons }: TraitCondition, asked: Asked): string {
  const [name = '', ...rest] = path.split('.')
  const stated = traitIn(`e.properties, ${asked.text(name)}`)
  const steps = rest.map(step => `, ${asked.text(step)}`).join('')
  const value = name === '__proto__' ? MISSING : jsonValue(`last${steps}`)
  return `
    SELECT account FROM (
      SELECT e.group_id AS account, argMaxIf(e.stated, ${STAMP}, e.stated != '') AS last
      FROM ${rowsOf(asked, { which: IS_GROUP, columns: [`${stated} AS stated`], ordered: true })} AS e
      GROUP BY account
    ) WHERE ${comparisonsSql(value, comparisons, asked, asked.at)}`
}
