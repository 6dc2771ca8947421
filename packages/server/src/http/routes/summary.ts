import type { Summary } from '@espalier/warehouse'
import Type from 'typebox'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { span, Time } from '../instant.ts'
import { nameFor } from '../rights.ts'
import { route } from '../route.ts'

/** `GET /v1/summary`. `complete`: the warehouse had all that was acknowledged before. */
export type SummaryAnswer = Summary & { readonly complete: boolean }

export const summary = route({
  method: 'GET',
  path: '/v1/summary',
  access: 'read',
  tag: 'Reports',
  summary: 'Totals: events by name, people, revenue, countries',
  description:
    'Waits up to 5 s until the warehouse has what was acknowledged before; `complete` says whether it had. Check an import by it.',
  query: Type.Object({ from: Type.Optional(Time), to: Type.Optional(Time) }, { additionalProperties: false }),
  answer: {
    description: 'Events with `from` <= timestamp < `to`.',
    schema: Type.Object({
      complete: Type.Boolean(),
      events: Type.Array(Type.Object({ name: Type.String(), type: Type.String(), count: Type.Integer() })),
      totals: Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()])),
      revenue: Type.Array(
        Type.Object({ name: Type.String(), currency: Type.String(), count: Type.Integer(), sum: Type.Number() }),
      ),
      countries: Type.Array(Type.Object({ country: Type.String(), people: Type.Integer(), orders: Type.Integer() })),
    }),
  },
  errors: ['warehouse_unavailable'],
  async handle({ workspace, query, key }, { warehouse, shipper, definitions }): Promise<SummaryAnswer> {
    const complete = await shipper.drain(DRAIN_MS)
    const { from, to } = span(query, 'query')
    const totals = await warehouse.summary({
      workspace,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    })
    const live = await definitions.of(workspace)
    const named = <T extends { readonly name: string }>(rows: readonly T[]) =>
      rows.map(row => ({ ...row, name: nameFor(key, row.name, live) }))
    return { complete, ...totals, events: named(totals.events), revenue: named(totals.revenue) }
  },
})
