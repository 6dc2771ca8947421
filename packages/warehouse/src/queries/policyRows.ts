import type { JsonObject } from '@espalier/core'
import { UNSTATED } from '@espalier/core/stream'
import type { Database } from '../client/database.ts'
import { Binder } from '../sql/params.ts'
import { type CreditQuestion, creditedSql, creditParams, windowOf } from './credited.ts'

export interface PolicyRowsQuestion extends CreditQuestion {
  /** Only rows whose windows close after this, epoch milliseconds. */
  readonly closesAfter?: number
}

/** What one decision brought, and what was known when it was made. */
export interface PolicyRow {
  person: string
  variant: string
  /** Among those not in the control group. */
  propensity: number
  /** Whether that is known: of some decisions made elsewhere nobody said it. */
  stated: boolean
  reward: number
  /** Epoch milliseconds. */
  at: number
  closesAt: number
  /** Whether the decision is in the log: without it nothing is known of what it looked at. */
  known: boolean
  /** Of the decision: version of its definitions, 0 where it was made elsewhere; context and what was looked at. */
  definitions: number
  context: JsonObject
  inputs: JsonObject
  /** Amounts without an exchange rate. */
  lost: number
}

/** People of one page: some tens of megabytes. */
const PAGE_PEOPLE = 50_000

type Row = Omit<PolicyRow, 'known' | 'stated' | 'context' | 'inputs'> & {
  known: number
  unstated: number
  context: string
  inputs: string
}

/** The rows of `creditedSql` with what their decisions looked at, in pages of people; the rows of a person follow each other. */
export async function* policyRows(
  database: Database,
  question: PolicyRowsQuestion,
  pagePeople = PAGE_PEOPLE,
): AsyncIterable<PolicyRow[]> {
  const scope = creditParams(question)
  const [seen] = await database.rows<{ people: number }>(
    `SELECT uniq(e.profile) AS people FROM exposures AS e
    WHERE e.workspace = {workspace:String} AND e.experience = {experience:String}
      AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND e.timestamp < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`,
    scope,
  )
  const slices = Math.max(1, Math.ceil((seen?.people ?? 0) / pagePeople))
  for (let number = 0; number < slices; number++) {
    const binder = new Binder()
    const credited = creditedSql(question, binder, { number, of: slices })
    const window = windowOf(question, binder)
    const after = binder.bind('Int64', question.closesAfter ?? scope.from)
    // The rows of a page are held, and decisions go by them: of those there may be any number.
    const page = await database.rows<Row>(
      `SELECT row.person AS person, row.variant AS variant, row.propensity AS propensity, row.reward AS reward, row.at AS at,
        row.at + ${window} AS closesAt, row.lost AS lost, d.request_id != '' AS known, d.unstated AS unstated, d.definitions AS definitions, d.context AS context, d.inputs AS inputs
      FROM (
        SELECT request_id, definitions, context, inputs, has(answers.reason, '${UNSTATED}') AS unstated FROM decisions
        WHERE workspace = {workspace:String} AND has(answers.experience, {experience:String})
      ) AS d
      RIGHT ANY JOIN (SELECT * FROM ${credited} WHERE at + ${window} > ${after}) AS row ON d.request_id = row.request
      ORDER BY row.person, row.at`,
      { ...binder.params, ...scope },
    )
    if (page.length > 0)
      yield page.map(({ unstated, ...row }) => ({
        ...row,
        stated: !unstated,
        known: Boolean(row.known),
        context: objectOf(row.context),
        inputs: objectOf(row.inputs),
      }))
  }
}

const objectOf = (text: string): JsonObject => (text === '' ? {} : (JSON.parse(text) as JsonObject))
