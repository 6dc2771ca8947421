import Type from 'typebox'
import { checkDay } from '../day.ts'
import { route } from '../route.ts'

const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217, such as EUR.' })

export const putRates = route({
  method: 'POST',
  path: '/v1/rates',
  access: 'secret',
  tag: 'Catalog',
  summary: 'Import daily exchange rates',
  description: 'One unit of `currency` is worth `rate` units of `base` on that day. A repeated day replaces.',
  body: Type.Object(
    {
      rates: Type.Array(
        Type.Object(
          {
            day: Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$' }),
            currency: Currency,
            base: Currency,
            rate: Type.Number({ exclusiveMinimum: 0 }),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 10_000 },
      ),
    },
    { additionalProperties: false },
  ),
  answer: { description: 'They are stored.', schema: Type.Object({ stored: Type.Integer() }) },
  errors: ['warehouse_unavailable'],
  async handle({ workspace, body }, { warehouse }) {
    for (const [index, { day }] of body.rates.entries()) checkDay(day, `rates[${index}].day`)
    await warehouse.putRates(workspace, body.rates)
    return { stored: body.rates.length }
  },
})
