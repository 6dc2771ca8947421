import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Event } from '@espalier/core/event'
import { library, USUAL_BUSINESS } from '@espalier/core/library'
import type { Condition, Language } from '@espalier/core/segment'
import { Life, Oracle, setOf } from '@espalier/core/segment/testing'
import type { Row } from '@espalier/core/stream'
import { openWarehouse, type Warehouse } from '@espalier/warehouse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingData } from '../testing/data.ts'
import { clickHistory, shopHistory } from '../testing/history.ts'
import { temporaryFolder } from '../testing/shell.ts'

const RETAIL = 'retail/online_retail.csv.gz'
const CLICKS = 'journeys/retentioneering_ecom.csv.gz'
const DAY = 86_400_000

const missing = missingData(RETAIL, CLICKS)
if (missing) console.warn(`Ready-made segments of real data are skipped: ${missing}`)

interface Log {
  readonly file: string
  readonly history: (file: string) => Event[]
  readonly zone: string
  /** What orders and the like are called there. */
  readonly events: typeof USUAL_BUSINESS.events
  readonly segments: readonly string[]
  /** Past days, at six in the evening. */
  readonly days: readonly string[]
}

const OF_ORDERS = [
  'new-customers',
  'active-customers',
  'at-risk',
  'dormant',
  'won-back',
  'first-time-buyers',
  'repeat-buyers',
]

const SHOP: Log = {
  file: RETAIL,
  history: shopHistory,
  zone: 'Europe/London',
  events: USUAL_BUSINESS.events,
  segments: [...OF_ORDERS, 'champions', 'loyal-customers', 'promising', 'do-not-lose', 'stuck-in-onboarding'],
  days: ['2011-01-31', '2011-04-15', '2011-06-30', '2011-09-15', '2011-11-30'],
}

const CLICKSTREAM: Log = {
  file: CLICKS,
  history: clickHistory,
  zone: 'UTC',
  events: {
    ...USUAL_BUSINESS.events,
    viewed: 'product_view',
    added: 'add_to_cart',
    ordered: 'purchase',
    read: 'review_page',
    feature: 'search',
    activated: 'purchase',
    pricing: 'promo_page',
    demo: 'support_chat',
  },
  segments: [
    ...OF_ORDERS,
    'cart-abandoners',
    'browse-abandoners',
    'lapsing-readers',
    'feature-adopters',
    'hot-leads',
    'activated',
    'stuck-in-onboarding',
    'struggling-now',
  ],
  days: ['2024-01-31', '2024-02-29', '2024-03-31', '2024-05-15', '2024-06-15'],
}

const guide = readFileSync(new URL('../../../../docs/guides/segments.md', import.meta.url), 'utf8')
const folder = temporaryFolder()
let warehouse: Warehouse
describe.skipIf(missing)('ready-made segments of real data', () => {
  beforeAll(async () => {
    warehouse = await openWarehouse({ embedded: { path: `${folder}/warehouse` } })
  })
  afterAll(async () => {
    await warehouse?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it.each([
    ['a year of a shop’s invoices', SHOP],
    ['a clickstream', CLICKSTREAM],
  ])(
    'R5 %s: the same people live, from SQL and from the oracle, on five past days',
    { timeout: 300_000 },
    async (_, log) => {
      const workspace = log.file.replace(/\W/g, '-')
      const events = log.history(log.file)
      const { language, rhythmDays } = languageOf(log, events)
      const life = new Life(setOf({}, language))
      const instants = log.days.map(day => Date.parse(`${day}T18:00:00Z`))
      const live = replay(life, events, log.segments, instants)
      await ship(life.stream.rows, workspace)
      expect((await warehouse.rhythm(workspace, log.events.ordered)).days).toBe(rhythmDays)

      const sizes: Record<string, number[]> = {}
      const oracle = new Oracle(life.world, language)
      for (const key of log.segments) {
        const condition = language.segments.get(key)!
        sizes[key] = []
        for (const [i, at] of instants.entries()) {
          const members = live[i]!.get(key)!
          const said = `${key} on ${log.days[i]}`
          expect(members, said).toEqual(oracle.members(condition, { now: at, known: at }))
          expect([...life.entered(key, at)].sort(), said).toEqual(members)
          expect(await warehouse.segmentMembers({ workspace, condition, language, at, limit: 100_000 }), said).toEqual(
            members,
          )
          sizes[key].push(members.length)
        }
      }
      for (const [i, at] of instants.entries()) {
        for (let from = 0; from < log.segments.length; from += 10) {
          const keys = log.segments.slice(from, from + 10)
          const conditions = keys.map(key => language.segments.get(key)!)
          const { sizes: counted } = await warehouse.segmentOverlap({ workspace, conditions, language, at })
          expect(counted, `sizes on ${log.days[i]}`).toEqual(keys.map(key => sizes[key]![i]))
        }
      }
      expect(guide).toContain(tableOf(log, sizes))
    },
  )
})

/** The library by the rhythm of the log: the median of days between the days on which one person ordered. */
function languageOf({ events: names, zone, segments: keys }: Log, events: readonly Event[]) {
  const days = new Map<string, Set<number>>()
  const spent = new Map<string, number>()
  for (const { name, userId, timestamp, properties } of events) {
    if (name !== names.ordered || userId === undefined) continue
    days.set(userId, (days.get(userId) ?? new Set()).add(Math.floor(timestamp / DAY)))
    spent.set(userId, (spent.get(userId) ?? 0) + ((properties.total as number) ?? 0))
  }
  const gaps = [...days.values()].flatMap(of => {
    const sorted = [...of].sort((a, b) => a - b)
    return sorted.slice(1).map((day, i) => day - sorted[i]!)
  })
  const rhythmDays = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]!
  const goodYear = Math.round([...spent.values()].sort((a, b) => a - b)[Math.floor(spent.size * 0.8)]!)
  const segments = new Map<string, Condition>()
  for (const { kind, key, body } of library({ rhythmDays, goodYear, events: names })) {
    if (kind === 'segment' && keys.includes(key)) segments.set(key, body.condition)
  }
  return { rhythmDays, goodYear, language: { zone, segments, computed: new Map(), calendar: [] } satisfies Language }
}

/** As the guide shows it to readers. */
function tableOf({ days, segments }: Log, sizes: Readonly<Record<string, readonly number[]>>): string {
  const rows = segments.map(key => `| \`${key}\` | ${sizes[key]!.map(size => size.toLocaleString('en')).join(' | ')} |`)
  return [`| | ${days.join(' | ')} |`, `|---|${days.map(() => '--:').join('|')}|`, ...rows].join('\n')
}

/** Lives through it all, and says at each instant who is in which segment by their profiles. */
function replay(life: Life, events: readonly Event[], segments: readonly string[], instants: readonly number[]) {
  const looks: Map<string, string[]>[] = []
  const look = (at: number) => {
    life.elapse(at)
    const people = life.people.sort((a, b) => (a.id < b.id ? -1 : 1))
    looks.push(
      new Map(
        segments.map(key => [key, people.filter(({ memberships }) => memberships?.[key]?.in).map(({ id }) => id)]),
      ),
    )
  }
  for (let i = 0; i < events.length; ) {
    const at = events[i]!.received
    while (looks.length < instants.length && instants[looks.length]! < at) look(instants[looks.length]!)
    const from = i
    while (i < events.length && events[i]!.received === at) i++
    life.elapse(at)
    life.receive(events.slice(from, i), at)
  }
  return looks
}

async function ship(rows: readonly Row[], workspace: string): Promise<void> {
  const months = new Map<string, Row[]>()
  for (const row of rows) {
    const month = `${row.table} ${row.partition}`
    months.get(month)?.push(row) ?? months.set(month, [row])
  }
  for (const [token, some] of months) {
    const { table, partition } = some[0]!
    const body = Buffer.from(
      some.map(({ line }) => `${line.replace('"workspace":"w"', `"workspace":"${workspace}"`)}\n`).join(''),
    )
    await warehouse.insert({ token: `${workspace} ${token}`, table, partition, rows: some.length, body })
  }
}
