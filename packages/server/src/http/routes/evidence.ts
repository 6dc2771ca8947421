import { maskText, personalFields } from '@espalier/core/consent'
import type { Attribute } from '@espalier/warehouse'
import Type from 'typebox'
import type { LiveSet } from '../../pipeline/definitions.ts'
import { Problem } from '../../problem.ts'
import { experienceEvidence } from '../../report/evidence.ts'
import { DRAIN_MS } from '../../workers/drainTime.ts'
import { span, Time } from '../instant.ts'
import { seesPersonal } from '../rights.ts'
import { route } from '../route.ts'

const MOST_ATTRIBUTES = 5
const Numbers = Type.Record(Type.String(), Type.Unknown())

export const evidence = route({
  method: 'GET',
  path: '/v1/experiences/{key}/evidence',
  access: 'read',
  tag: 'Reports',
  summary: 'Which segments responded best, who should get what, and whether the effect wears off',
  description:
    'None of it changes the verdict. By what people were at their first exposure: effects by segment, corrected for having looked at many; a targeting rule learned on one half of the people and judged on the other, with its Qini curve. `time`: the difference by day since the first exposure, of those of whom all these days have passed.',
  params: Type.Object({ key: Type.String({ maxLength: 100 }) }),
  query: Type.Object(
    {
      by: Type.String({
        maxLength: 1000,
        description:
          'Comma-separated, five at most: `segment:KEY`, `trait:NAME`, `context:PATH` (of the decision seen first), and `time`.',
      }),
      metric: Type.Optional(Type.String({ maxLength: 100, description: 'The experience’s goal unless given.' })),
      variant: Type.Optional(Type.String({ maxLength: 100, description: 'All variants together unless given.' })),
      correction: Type.Optional(Type.Enum(['holm', 'benjamini-hochberg'], { type: 'string', default: 'holm' })),
      days: Type.Optional(Type.Integer({ minimum: 2, maximum: 60, default: 14, description: 'Of `time`.' })),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      confidence: Type.Optional(Type.Number({ exclusiveMinimum: 0.5, exclusiveMaximum: 1, default: 0.95 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'The evidence; `evidence.sentence` and `evidence.rule.sentence` say it in words.',
    schema: Type.Object({
      experience: Type.String(),
      complete: Type.Boolean({ description: 'The warehouse had everything acknowledged before.' }),
      metric: Type.String(),
      evidence: Type.Union([Numbers, Type.Null()]),
      time: Type.Union([Type.Array(Numbers), Type.Null()]),
      timeSays: Type.Optional(Type.String({ description: 'Why there is nothing in `time`.' })),
    }),
  },
  errors: ['not_found', 'missing_rates', 'warehouse_unavailable'],
  async handle({ workspace, params, query, key }, services) {
    const by = attributesOf(query.by)
    const sees = seesPersonal(key)
    if (!sees) refusePersonal(by, await services.definitions.of(workspace))
    const complete = await services.shipper.drain(DRAIN_MS)
    const found = await experienceEvidence(services, {
      workspace,
      key: params.key,
      by,
      metric: query.metric,
      variant: query.variant,
      correction: query.correction,
      days: query.days ?? 14,
      ...span(query, 'query'),
      confidence: query.confidence,
      masked: sees ? undefined : maskText,
    })
    return { complete, ...found }
  },
})

/** Values are shown, so whoever may not see what is personal may not ask by it. */
function refusePersonal(by: readonly (Attribute | 'time')[], { settings }: LiveSet): void {
  const fields = personalFields(settings.personal)
  for (const one of by) {
    if (one === 'time' || one.kind === 'segment') continue
    const steps = one.key.split('.')
    const root = one.kind === 'trait' ? 'traits' : 'context'
    if (!steps.some((_, i) => fields.isPersonal(root, steps.slice(0, i + 1)))) continue
    throw new Problem('wrong_key', `${one.kind}:${one.key} is personal.`, { path: 'query.by' })
  }
}

function attributesOf(text: string): (Attribute | 'time')[] {
  const parts = [...new Set(text.split(',').map(part => part.trim()))].filter(part => part !== '')
  if (parts.length === 0 || parts.length > MOST_ATTRIBUTES) {
    throw new Problem(
      'invalid',
      `Between one and ${MOST_ATTRIBUTES} things to tell people apart by, got ${parts.length}.`,
      {
        path: 'query.by',
      },
    )
  }
  return parts.map(part => {
    if (part === 'time') return part
    const [, kind, key] = /^(segment|trait|context):(.+)$/.exec(part) ?? []
    if (kind === undefined || key === undefined) {
      throw new Problem('invalid', `"${part}" is nothing to tell people apart by.`, {
        path: 'query.by',
        mend: 'Write segment:KEY, trait:NAME, context:PATH or time.',
      })
    }
    return { kind: kind as Attribute['kind'], key }
  })
}
