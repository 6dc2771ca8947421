import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { route } from '../route.ts'

const DAY_MS = 86_400_000

export const makeLink = route({
  method: 'POST',
  path: '/v1/links',
  access: 'secret',
  tag: 'Decisions',
  summary: 'Make a signed link',
  description:
    'Lets somebody without a secret key preview variants, or see why one person gets what they get: send it as `link` with POST /v1/decide.',
  body: Type.Object(
    {
      allows: Type.Array(Type.Union([Type.Literal('preview'), Type.Literal('explain')]), { minItems: 1, maxItems: 2 }),
      userId: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
      anonymousId: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
      hours: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 24 * 90, default: 24 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    status: 201,
    description: 'The link and when it ends.',
    schema: Type.Object({ link: Type.String(), expires: Type.Integer({ description: 'Epoch milliseconds.' }) }),
  },
  handle({ workspace, body }, { links, now }) {
    const { allows, userId, anonymousId, hours = 24 } = body
    const person =
      userId !== undefined ? `userId:${userId}` : anonymousId !== undefined ? `anonymousId:${anonymousId}` : undefined
    if (allows.includes('explain') && person === undefined) {
      throw new Problem('invalid', 'A link that explains must name the one person it explains.', {
        path: 'body.userId',
        mend: 'Add userId or anonymousId.',
      })
    }
    const expires = Math.floor(now() + (hours / 24) * DAY_MS)
    return { link: links.sign(workspace, { allows, expires, ...(person === undefined ? {} : { person }) }), expires }
  },
})
