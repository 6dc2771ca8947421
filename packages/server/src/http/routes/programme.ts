import { many } from '@espalier/core'
import { ADDS_UP, addsUp, complete, type Definition, type Metric } from '@espalier/core/definition'
import { type Kpi, programmeCsv, programmeImpact, steadySince } from '@espalier/core/impact'
import type { ProgrammeStatistics } from '@espalier/warehouse'
import Type from 'typebox'
import type { LiveSet } from '../../pipeline/definitions.ts'
import { Problem } from '../../problem.ts'
import { moneyOf } from '../../report/money.ts'
import type { Services } from '../../services.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { span, Time } from '../instant.ts'
import { route } from '../route.ts'

const Numbers = Type.Record(Type.String(), Type.Unknown())
const Rows = Type.Array(Numbers)

/** Segments that are told apart by unless some are named. */
const MOST_SEGMENTS = 20

export const programme = route({
  method: 'GET',
  path: '/v1/impact',
  access: 'read',
  tag: 'Reports',
  summary: 'What the whole programme brings',
  description:
    'Of a time: per experience and touchpoint, and by tactic, channel, stage, segment and week or month, the lift of one KPI and what it is worth in money a month, margin less discounts, sends and spend, with the part of the discounts that went to people who would have bought anyway; the sum held against what the holdout measures; what choosing by the person added; acquisition cost, return on spend and lifetime value. Of less than seven days nothing is said of a month, and the sentences say from when on it is; `money` and `growth.*.soFar` are of the time itself. Everything that people do after their first exposure in the time counts, to its end. `impact` of the settings says what an order is and what remains of it. With `format=csv` a line an experience, touchpoint and so on.',
  query: Type.Object(
    {
      metric: Type.Optional(
        Type.String({
          maxLength: 100,
          description: 'The KPI: a conversion, count or sum a person. That of the settings, or revenue, unless given.',
        }),
      ),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      by: Type.Optional(Type.Union([Type.Literal('week'), Type.Literal('month')], { default: 'month' })),
      segments: Type.Optional(
        Type.String({
          maxLength: 2000,
          description: `Keys of segments to tell apart by, separated by commas; the first ${MOST_SEGMENTS} of all unless given.`,
        }),
      ),
      confidence: Type.Optional(Type.Number({ exclusiveMinimum: 0.5, exclusiveMaximum: 1, default: 0.95 })),
      format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('csv')], { default: 'json' })),
    },
    { additionalProperties: false },
  ),
  answer: {
    alsoCsv: true,
    description: 'The report; `sentence` says it in words, and so does each of its parts.',
    schema: Type.Object({
      from: Type.Union([Type.String(), Type.Null()], { description: 'Null where nobody was exposed.' }),
      to: Type.Union([Type.String(), Type.Null()]),
      complete: Type.Boolean({ description: 'The warehouse had everything acknowledged before.' }),
      kpi: Numbers,
      currency: Type.String(),
      confidence: Type.Number(),
      days: Type.Number(),
      experiences: Rows,
      touchpoints: Rows,
      tactics: Rows,
      channels: Rows,
      stages: Rows,
      segments: Rows,
      periods: Rows,
      growth: Numbers,
      holdout: Numbers,
      spend: Numbers,
      notes: Type.Array(Type.String()),
      sentence: Type.String(),
    }),
  },
  errors: ['not_found', 'missing_rates', 'warehouse_unavailable'],
  async handle({ workspace, query, reply }, services) {
    const live = await services.definitions.of(workspace)
    const { settings } = live
    const metric = kpiMetric(live, query.metric)
    const { from, to } = span(query, 'query')
    const held = await heldShares(services.store, workspace)
    const complete = await services.shipper.drain(DRAIN_MS)
    const statistics = await services.warehouse.programme({
      workspace,
      now: services.now(),
      currency: settings.currency,
      ...moneyOf(live),
      by: query.by ?? 'month',
      zone: settings.timezone,
      shareChanges: held.changes,
      segments: segmentsOf(live, query.segments),
      ...(metric && { metric: metric.body }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    })
    refuseMissingRates(statistics)
    const { time } = statistics
    const report = programmeImpact(statistics, {
      days: time === null ? 0 : (time.to - time.from) / DAY_MS,
      currency: settings.currency,
      kpi: kpiOf(metric, settings.currency),
      hasMargin: settings.impact?.margin !== undefined,
      experiences: bodiesOf(live, 'experience'),
      touchpoints: bodiesOf(live, 'touchpoint'),
      from: time?.from ?? null,
      holdoutShares: held.shares,
      periods: { by: query.by ?? 'month', zone: settings.timezone },
      steady: await steadyOf(services.store, workspace, live),
      ...(query.confidence !== undefined && { confidence: query.confidence }),
    })
    if (query.format === 'csv') {
      reply.header('content-disposition', 'attachment; filename="impact.csv"')
      reply.type('text/csv; charset=utf-8')
      return reply.send(programmeCsv(report))
    }
    const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString())
    return { from: iso(time?.from), to: iso(time?.to), complete, ...report }
  },
})

const DAY_MS = 86_400_000

function kpiMetric(live: LiveSet, asked: string | undefined): Definition<'metric'> | undefined {
  const key = asked ?? live.settings.impact?.metric
  if (key === undefined) return undefined
  const metric = live.published.definitions.find(
    (one): one is Definition<'metric'> => one.kind === 'metric' && one.key === key,
  )
  if (metric === undefined) throw new Problem('not_found', `There is no metric "${key}".`, { path: 'query.metric' })
  if (!addsUp(metric.body)) {
    throw new Problem('invalid', `Metric "${key}" does not add up over people, so there is no sum of it.`, {
      path: 'query.metric',
      mend: ADDS_UP,
    })
  }
  return metric
}

function kpiOf(metric: Definition<'metric'> | undefined, currency: string): Kpi {
  if (metric === undefined) return { name: 'Revenue', type: 'money' }
  const { type, currency: own, name = metric.key, direction = 'up' } = metric.body as Metric
  if (type === 'conversion') return { name, type, direction }
  return { name, type: own === currency ? 'money' : 'sum', direction }
}

/** Since when experiences run as they are that wait for their moment, and those they are held against. */
async function steadyOf(
  store: Pick<Services['store'], 'definitions'>,
  workspace: string,
  live: LiveSet,
): Promise<Map<string, number>> {
  const pairs = [...bodiesOf(live, 'experience')].flatMap(([key, { plan }]) =>
    plan?.atOnce === undefined ? [] : [key, plan.atOnce],
  )
  const steady = new Map<string, number>()
  for (const key of new Set(pairs)) {
    const history = await store.definitions.history(workspace, 'experience', key)
    const since = steadySince(history as Definition<'experience'>[])
    if (since !== undefined) steady.set(key, since)
  }
  return steady
}

/** Of more changes than these the latest count. */
const MOST_CHANGES = 1000

/** When the share of people who are held out of the programme was changed, in order; and what it was before the first change, and after each. */
async function heldShares(
  store: Pick<Services['store'], 'definitions'>,
  workspace: string,
): Promise<{ changes: number[]; shares: number[] }> {
  const history = (await store.definitions.history(workspace, 'settings', 'workspace')) as Definition<'settings'>[]
  const shares = [complete('settings', {}).holdout]
  const changes: number[] = []
  for (const { archived, body, published } of [...history].sort((a, b) => a.version - b.version)) {
    const next = complete('settings', archived ? {} : body).holdout
    if (next === shares.at(-1)) continue
    changes.push(published)
    shares.push(next)
  }
  return { changes: changes.slice(-MOST_CHANGES), shares: shares.slice(-MOST_CHANGES - 1) }
}

function segmentsOf(live: LiveSet, asked: string | undefined): string[] {
  const known = live.published.definitions.filter(({ kind }) => kind === 'segment').map(({ key }) => key)
  if (asked === undefined) return known.sort().slice(0, MOST_SEGMENTS)
  const named = asked.split(',').filter(key => key !== '')
  const unknown = named.find(key => !known.includes(key))
  if (unknown !== undefined) {
    throw new Problem('not_found', `There is no segment "${unknown}".`, { path: 'query.segments' })
  }
  return [...new Set(named)]
}

function bodiesOf<K extends 'experience' | 'touchpoint'>(live: LiveSet, kind: K): Map<string, Definition<K>['body']> {
  return new Map(
    live.published.definitions
      .filter((one): one is Definition<K> => one.kind === kind)
      .map(({ key, body }): [string, Definition<K>['body']] => [key, body]),
  )
}

function refuseMissingRates({ missingRates }: ProgrammeStatistics): void {
  const [first] = missingRates
  if (first === undefined) return
  const named = missingRates.map(({ currency, days }) => `${currency} (${many(days, 'day')})`)
  throw new Problem('missing_rates', `Amounts cannot be added up in ${first.base}: no rate for ${named.join(', ')}.`, {
    mend: `Import daily rates to ${first.base} by POST /v1/rates, for ${first.currency} from ${first.firstDay} on.`,
    extra: { missingRates },
  })
}
