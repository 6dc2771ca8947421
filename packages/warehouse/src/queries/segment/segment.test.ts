import { historyCases, Known, Life, Oracle, setOf, type Trial, trial } from '@espalier/core/segment/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import histories from '../../../../core/src/segment/histories.json' with { type: 'json' }
import { startEngine, type TestEngine } from '../../contract/engine.ts'
import { fresh } from '../../contract/harness.ts'
import { migrate } from '../../schema/migrate.ts'
import { Binder } from '../../sql/params.ts'
import { membersSql, sizesSql } from './index.ts'
import { NotInSql } from './notInSql.ts'

let opened: TestEngine
beforeAll(async () => {
  opened = await startEngine()
  await migrate(opened.database)
})
afterAll(() => opened?.close())

/** It is looked so long after something was received: links are told some milliseconds after what made them. */
const AFTER = 500
const HOUR = 3_600_000
const RUNS = 6

interface Told {
  readonly workspace: string
  readonly trial: Trial
  readonly oracle: Oracle
}

const TABLES = ['events', 'identity_links'] as const
type Rows = Record<(typeof TABLES)[number], string[]>

/** What a life puts into the warehouse, as a workspace of its own. */
function rowsOf(life: Life, workspace: string): Rows {
  const rows: Rows = { events: [], identity_links: [] }
  for (const { table, line } of life.stream.rows) {
    if (table !== 'events' && table !== 'identity_links') continue
    rows[table].push(line.replace('"workspace":"w"', `"workspace":"${workspace}"`))
  }
  return rows
}

async function insert(lives: readonly Rows[]): Promise<void> {
  for (const table of TABLES) {
    const lines = lives.flatMap(life => life[table])
    const monthOf = (line: string) => new Date(JSON.parse(line)[table === 'events' ? 'timestamp' : 'at']).getUTCMonth()
    // A batch is of one month.
    for (const month of new Set(lines.map(monthOf))) {
      const some = lines.filter(line => monthOf(line) === month)
      await opened.database.insert(table, Buffer.from(`${some.join('\n')}\n`))
    }
  }
}

async function tell(trial: Trial): Promise<Told> {
  const workspace = fresh('trial')
  const life = new Life(setOf({}, trial.language))
  for (const { at, events } of trial.batches) life.receive(events, at)
  await insert([rowsOf(life, workspace)])
  return { workspace, trial, oracle: new Oracle(life.world, trial.language) }
}

/** Each condition of a trial at each instant: who the warehouse says it holds for, and who the oracle. */
async function agree({ trial, workspace, oracle }: Told, instants: readonly number[]): Promise<number> {
  const binder = new Binder()
  const asked = trial.conditions.flatMap(condition => instants.map(at => ({ condition, at })))
  const queries = asked.map(
    ({ condition, at }, i) =>
      `SELECT ${i} AS i, person FROM (${membersSql(condition, trial.language, binder, { workspace, at })})`,
  )
  const rows = await opened.database.rows<{ i: number; person: string }>(queries.join(' UNION ALL '), binder.params)
  let holding = 0
  for (const [i, { condition, at }] of asked.entries()) {
    const members = rows.filter(row => row.i === i).map(({ person }) => person)
    const expected = oracle.members(condition, { now: at, known: at })
    expect(members.sort(), `${JSON.stringify(condition)} at ${at}`).toEqual(expected)
    if (expected.length > 0) holding++
  }
  for (const at of instants) {
    const binder = new Binder()
    const sql = sizesSql(trial.conditions, trial.language, binder, { workspace, at })
    const [row] = await opened.database.rows<{ counts: unknown[] }>(sql, binder.params)
    const members = trial.conditions.map(condition => oracle.members(condition, { now: at, known: at }))
    const all = members.reduce((some, others) => some.filter(id => others.includes(id)))
    expect(row!.counts.map(Number), `sizes at ${at}`).toEqual([...members, all].map(({ length }) => length))
  }
  return holding
}

describe('segments in SQL and a brute-force oracle', () => {
  it('R5 R10 R11 agree on who is in a segment at any instant', async () => {
    const held: number[] = []
    await fc.assert(
      fc.asyncProperty(trial('accounts', 4, 8), async trial => {
        const told = await tell(trial)
        const last = trial.batches.at(-1)!.at
        const middle = trial.batches[Math.floor(trial.batches.length / 2)]!.at
        held.push(await agree(told, [middle + AFTER, last + 30 * HOUR]))
      }),
      { numRuns: RUNS, seed: 20261106 },
    )
    // Of the eight questions of a trial neither all nor none hold of nobody.
    expect(held.filter(n => n > 0 && n < 8).length).toBeGreaterThan(RUNS / 2)
  })
})

describe('segments in SQL', () => {
  const cases = historyCases(histories).map(test => {
    const workspace = fresh('case')
    const life = new Life(setOf({}, test.language))
    for (const event of test.events) life.receive([event], event.received)
    return { ...test, workspace, life }
  })
  beforeAll(() => insert(cases.map(({ life, workspace }) => rowsOf(life, workspace))))

  it.each(cases)('R5 $name', async ({ condition, language, checks, workspace, life }) => {
    const binder = new Binder()
    const ask = (at: number) => membersSql(condition, language, binder, { workspace, at })
    const queries: string[] = []
    for (const [i, { now, notInSql }] of checks.entries()) {
      if (notInSql === undefined) queries.push(`SELECT ${i} AS i, person FROM (${ask(now)})`)
      else {
        expect(() => ask(now)).toThrow(NotInSql)
        expect(() => ask(now)).toThrow(expect.objectContaining({ place: notInSql }))
      }
    }
    if (queries.length === 0) return
    const rows = await opened.database.rows<{ i: number; person: string }>(queries.join(' UNION ALL '), binder.params)
    for (const [i, { of, now, value, notInSql }] of checks.entries()) {
      // Who they were by then.
      const person = new Known(life.world, now).personOf(life.stream.people.links.get(of)!)
      const isIn = rows.some(row => row.i === i && row.person === person)
      if (notInSql === undefined) expect(isIn, `of ${of} at ${new Date(now).toISOString()}`).toBe(value)
    }
  })
})
