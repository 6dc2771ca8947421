import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { checkDay } from '../day.ts'
import { route } from '../route.ts'

const Name = Type.String({ minLength: 1, maxLength: 200 })

export const putSpend = route({
  method: 'POST',
  path: '/v1/spend',
  access: 'secret',
  tag: 'Catalog',
  summary: 'Import what was spent, by day',
  description:
    'For acquisition cost and return on spend. An amount that names an experience is taken off what that experience brought. The same day, channel, campaign, experience and currency again replaces; an amount of 0 takes it back.',
  body: Type.Object(
    {
      spend: Type.Array(
        Type.Object(
          {
            day: Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$' }),
            channel: { ...Name, description: 'Such as ads, or the name of a network.' },
            campaign: Type.Optional(Name),
            experience: Type.Optional({ ...Name, description: 'Key of the experience it was spent on.' }),
            amount: Type.Number({ minimum: 0, maximum: 1e12 }),
            currency: Type.Optional(
              Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217; that of the workspace unless given.' }),
            ),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 10_000 },
      ),
    },
    { additionalProperties: false },
  ),
  answer: { description: 'It is stored.', schema: Type.Object({ stored: Type.Integer() }) },
  errors: ['warehouse_unavailable'],
  async handle({ workspace, body }, { warehouse, definitions }) {
    const { settings, published } = await definitions.of(workspace)
    const experiences = new Set(published.definitions.filter(({ kind }) => kind === 'experience').map(({ key }) => key))
    const rows = body.spend.map(({ day, channel, campaign = '', experience = '', amount, currency }, index) => {
      checkDay(day, `spend[${index}].day`)
      if (experience !== '' && !experiences.has(experience)) {
        throw new Problem('invalid', `There is no experience "${experience}". Nothing was stored.`, {
          path: `spend[${index}].experience`,
          mend: 'Publish it first, correct its key, or leave it out.',
        })
      }
      return { day, channel, campaign, experience, amount, currency: currency ?? settings.currency }
    })
    refuseTwice(rows)
    await warehouse.putSpend(workspace, rows)
    return { stored: rows.length }
  },
})

/** Of two amounts for the same only one would count, and nobody could say which. */
function refuseTwice(rows: readonly { readonly amount: number }[]): void {
  const seen = new Map<string, number>()
  for (const [index, { amount: _, ...same }] of rows.entries()) {
    const key = JSON.stringify(Object.values(same))
    const before = seen.get(key)
    if (before !== undefined) {
      throw new Problem(
        'invalid',
        `It is of the same ${Object.keys(same).join(', ')} as spend[${before}]. Nothing was stored.`,
        { path: `spend[${index}]`, mend: 'Add them up, or tell them apart by their campaign.' },
      )
    }
    seen.set(key, index)
  }
}
