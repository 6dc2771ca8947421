import Type from 'typebox'
import { Key } from '../key.ts'
import { Channel } from './touchpoint.ts'

const EventName = Type.String({ minLength: 1, maxLength: 200 })
const PropertyPath = Type.String({ minLength: 1, maxLength: 200 })

/** How what the programme brings is turned into money. */
export const ImpactSettings = Type.Object(
  {
    metric: Type.Optional({
      ...Key,
      description:
        'The KPI that all experiences are held against: a metric that adds up over people (conversion, count or sum a person). Revenue a person unless set.',
    }),
    orders: Type.Optional(
      Type.Object(
        {
          event: Type.Optional({ ...EventName, default: 'Order Completed' }),
          refund: Type.Optional({ ...EventName, default: 'Order Refunded' }),
          amount: Type.Optional({
            ...PropertyPath,
            description:
              'What was paid, after the discount. Unless set: total, else revenue, else value of the default events, and revenue of others.',
          }),
          discount: Type.Optional({
            ...PropertyPath,
            default: 'discount',
            description: 'What was taken off the price, as an amount of money above 0.',
          }),
        },
        {
          additionalProperties: false,
          description:
            'Events that bring money. An amount without a currency is in that of the workspace; others are exchanged by the imported daily rates.',
        },
      ),
    ),
    margin: Type.Optional(
      Type.Object(
        {
          rate: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1,
              description: 'Share of the price before the discount that is left when the goods are paid.',
            }),
          ),
          property: Type.Optional({
            ...PropertyPath,
            description: 'Margin of the order in money, before the discount is taken off. Wins over cost and rate.',
          }),
          cost: Type.Optional({
            ...PropertyPath,
            description:
              'What the goods of the order cost: the margin is the price before the discount less it. Wins over rate.',
          }),
        },
        {
          additionalProperties: false,
          minProperties: 1,
          description:
            'Name one of rate, property and cost at least. Without a margin revenue is known and nothing is called profit.',
        },
      ),
    ),
    sends: Type.Optional(
      Type.Partial(Type.Record(Channel, Type.Number({ minimum: 0, maximum: 1e6 })), {
        additionalProperties: false,
        description:
          'What one exposure on a channel costs, in the currency of the workspace, such as {"sms": 0.06}. A control group whose default content is null was sent nothing.',
      }),
    ),
  },
  { additionalProperties: false, description: 'How what the programme brings is turned into money.' },
)
export type ImpactSettings = Type.Static<typeof ImpactSettings>
