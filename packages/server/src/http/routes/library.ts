import { library, USUAL_BUSINESS } from '@espalier/core/library'
import Type from 'typebox'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { route } from '../route.ts'

const Name = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))
/** Too few people came back to know the rhythm: the usual one is taken. */
const ENOUGH_PEOPLE = 20

/** Ready-made segments, computed traits and metrics, made for this business: what to publish is up to the team. */
export const getLibrary = route({
  method: 'GET',
  path: '/v1/library',
  access: 'secret',
  tag: 'Definitions',
  summary: 'Ready-made segments, computed traits and metrics, by the business’s own rhythm',
  description:
    'Each entry is an ordinary definition: change it as you like and publish it. The rhythm is measured from the orders unless given: the median of days between two orders of one customer. Events may be named otherwise.',
  query: Type.Object(
    {
      rhythmDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 400 })),
      goodYear: Type.Optional(Type.Number({ minimum: 0, description: 'Yearly spending of a good customer.' })),
      viewed: Name,
      added: Name,
      ordered: Name,
      read: Name,
      feature: Name,
      activated: Name,
      pricing: Name,
      demo: Name,
      clicked: Name,
      refunded: Name,
      answered: Name,
      unsubscribed: Name,
      complained: Name,
      contacted: Name,
      currency: Type.Optional(
        Type.String({ pattern: '^[A-Z]{3}$', description: 'Metrics of money convert to it, by the imported rates.' }),
      ),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'What there is, and the rhythm it was made for.',
    schema: Type.Object({
      rhythmDays: Type.Integer(),
      measured: Type.Boolean({ description: 'The rhythm is that of the orders in the warehouse.' }),
      entries: Type.Array(
        Type.Object({
          kind: Type.String(),
          key: Type.String(),
          home: Type.String(),
          body: Type.Record(Type.String(), Type.Unknown()),
        }),
      ),
    }),
  },
  errors: ['warehouse_unavailable'],
  async handle({ workspace, query }, { warehouse, shipper }) {
    const { rhythmDays: given, goodYear = USUAL_BUSINESS.goodYear, currency, ...named } = query
    const events = { ...USUAL_BUSINESS.events, ...named }
    let rhythmDays = given
    let measured = false
    if (rhythmDays === undefined) {
      await shipper.drain(DRAIN_MS)
      const { days, people } = await warehouse.rhythm(workspace, events.ordered)
      measured = days !== null && people >= ENOUGH_PEOPLE
      // A window of segments has at most 400 days, and twice the rhythm is asked for.
      rhythmDays = measured ? Math.min(200, Math.max(1, Math.round(days!))) : USUAL_BUSINESS.rhythmDays
    }
    return {
      rhythmDays,
      measured,
      entries: library({ rhythmDays, goodYear, events, ...(currency !== undefined && { currency }) }),
    }
  },
})
