import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { instant, Time } from '../instant.ts'
import { route } from '../route.ts'

/** How long a report waits for what is on its way to the warehouse. */
const DRAIN_MS = 5000

const QuoteView = Type.Object({
  at: Type.Integer({ description: 'When it was told, epoch milliseconds.' }),
  profile: Type.String({ description: 'The source profile it was told.' }),
  item: Type.String(),
  price: Type.Number(),
  list: Type.Number({ description: 'The catalog’s price then.' }),
  currency: Type.Optional(Type.String()),
  until: Type.Integer({ description: 'The person keeps it until then, epoch milliseconds.' }),
  limited: Type.Optional(Type.String({ description: 'floor or ceiling, where a guardrail held it.' })),
  version: Type.Integer({ description: 'Of the experience.' }),
  variant: Type.String(),
})

export const getQuotes = route({
  method: 'GET',
  path: '/v1/experiences/{key}/quotes',
  access: 'read',
  tag: 'Reports',
  summary: 'The audit of an experience’s prices, newest first, page by page',
  description:
    'Every price that somebody was told for the first time, as long as the log of decisions is kept. Those of one millisecond are on one page, which may be longer than `limit` by them.',
  params: Type.Object({ key: Type.String({ maxLength: 200 }) }),
  query: Type.Object(
    {
      before: Type.Optional(Time),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'Ask for the next page with `before` = `next`.',
    schema: Type.Object({ quotes: Type.Array(QuoteView), next: Type.Optional(Type.Integer()) }),
  },
  errors: ['not_found', 'warehouse_unavailable'],
  async handle({ workspace, params, query }, { store, warehouse, shipper }) {
    const { key } = params
    if ((await store.definitions.history(workspace, 'experience', key)).length === 0) {
      throw new Problem('not_found', `There never was an experience "${key}".`)
    }
    await shipper.drain(DRAIN_MS)
    const before = instant(query.before, 'query.before')
    const limit = query.limit ?? 100
    const question = { workspace, experience: key, limit, ...(before === undefined ? {} : { before }) }
    const told = await warehouse.quotes(question)
    const last = told.at(-1)
    return {
      quotes: told.map(
        ({ timestamp, source, item, quote: { price, list, currency, until, limited, version, variant } }) => {
          return { at: timestamp, profile: source, item, price, list, currency, until, limited, version, variant }
        },
      ),
      ...(told.length >= limit && last !== undefined ? { next: last.timestamp } : {}),
    }
  },
})
