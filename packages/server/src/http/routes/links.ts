import { previewProblems } from '@espalier/core/decision'
import { sentence } from '@espalier/core/problem'
import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { instant } from '../instant.ts'
import { route } from '../route.ts'

const DAY_MS = 86_400_000

export const makeLink = route({
  method: 'POST',
  path: '/v1/links',
  access: 'secret',
  tag: 'Decisions',
  summary: 'Make a signed link',
  description:
    'Lets somebody without a secret key preview variants, or see why one person gets what they get: send it as `link`, or as `context.link`, with POST /v1/decide. One that names `variants` or `at` shows them to whoever opens it, without their asking: for checking a page before a launch. What it shows is never logged and in no report.',
  body: Type.Object(
    {
      allows: Type.Array(Type.Union([Type.Literal('preview'), Type.Literal('explain')]), { minItems: 1, maxItems: 2 }),
      userId: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
      anonymousId: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
      variants: Type.Optional(
        Type.Record(Type.String(), Type.String(), { description: 'Variant to show, by experience. Needs preview.' }),
      ),
      at: Type.Optional(
        Type.Union([Type.String(), Type.Integer()], { description: 'The instant to show. Needs preview.' }),
      ),
      hours: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 24 * 90, default: 24 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    status: 201,
    description: 'The link and when it ends.',
    schema: Type.Object({ link: Type.String(), expires: Type.Integer({ description: 'Epoch milliseconds.' }) }),
  },
  async handle({ workspace, body }, { links, now, definitions, store }) {
    const { allows, userId, anonymousId, variants, hours = 24 } = body
    const at = instant(body.at === undefined ? undefined : String(body.at), 'body.at')
    if ((variants !== undefined || at !== undefined) && !allows.includes('preview')) {
      throw new Problem('invalid', 'A link that shows variants must allow preview.', { path: 'body.allows' })
    }
    if (variants !== undefined) {
      const { compiled } = await definitions.of(workspace)
      const [wrong] = previewProblems(compiled, { variants: new Map(Object.entries(variants)) })
      if (wrong !== undefined) {
        const path = wrong.path.replace('preview', 'body.variants')
        throw new Problem('invalid', `${wrong.message}.`, { path, mend: sentence(wrong.mend) })
      }
    }
    const person =
      userId !== undefined ? `userId:${userId}` : anonymousId !== undefined ? `anonymousId:${anonymousId}` : undefined
    if (allows.includes('explain') && person === undefined) {
      throw new Problem('invalid', 'A link that explains must name the one person it explains.', {
        path: 'body.userId',
        mend: 'Add userId or anonymousId.',
      })
    }
    const expires = Math.floor(now() + (hours / 24) * DAY_MS)
    const known = person === undefined ? undefined : (await store.people.locate(workspace, person))?.profile
    const grant = {
      allows,
      expires,
      ...(person === undefined ? {} : { person, others: links.others(workspace, person, known) }),
      ...(variants === undefined ? {} : { variants }),
      ...(at === undefined ? {} : { at }),
    }
    return { link: links.sign(workspace, grant), expires }
  },
})
