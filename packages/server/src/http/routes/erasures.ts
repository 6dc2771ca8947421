import { durationMs } from '@espalier/core/time'
import Type from 'typebox'
import type { ErasureRecord } from '../../erasure/record.ts'
import { Problem } from '../../problem.ts'
import { personOf, Ref } from '../person.ts'
import { route } from '../route.ts'

/** How long late events of somebody who was erased are kept out, where the settings do not say. */
const KEPT_OUT = '90d'

const ReceiptView = Type.Object({
  facts: Type.Record(Type.String(), Type.Unknown()),
  sha256: Type.String({ description: 'Of `facts` as compact JSON, hex.' }),
})

const ErasureView = Type.Object({
  id: Type.String(),
  profile: Type.String({ description: 'The profile that was; nothing in an erasure is personal.' }),
  stage: Type.String({
    description: 'logical: no request knows the person any more. physical: no file of ours holds anything of them.',
  }),
  requested: Type.Integer({ description: 'Epoch milliseconds.' }),
  by: Type.String({ description: 'Label or id of the key that asked.' }),
  tombstonesUntil: Type.Integer({ description: 'What happened before and comes late is kept out until then.' }),
  logical: Type.Optional(ReceiptView),
  physical: Type.Optional(ReceiptView),
  error: Type.Optional(Type.String({ description: 'Why it is not further yet. It is tried again.' })),
})

export const eraseProfile = route({
  method: 'DELETE',
  path: '/v1/profiles/{ref}',
  access: 'secret',
  tag: 'People',
  summary: 'Erase a person',
  description:
    'When it answers, no request knows the person any more. Rows of theirs are then removed from the warehouse and its disk, and the store is written anew without them: within 24 hours, usually in seconds. Backups that were made before hold them still.',
  params: Ref,
  answer: { status: 202, description: 'The erasure, with the first of its receipts.', schema: ErasureView },
  errors: ['not_found', 'too_busy', 'unavailable'],
  async handle({ workspace, params, key }, services) {
    const person = await personOf(services, workspace, params.ref)
    const { settings } = await services.definitions.of(workspace)
    const keepMs = durationMs(settings.retention?.erased ?? KEPT_OUT)
    return viewOf(await services.eraser.erase(workspace, person, key?.label || key?.id || '', keepMs))
  },
})

export const getErasure = route({
  method: 'GET',
  path: '/v1/erasures/{id}',
  access: 'secret',
  tag: 'People',
  summary: 'How far an erasure is, with its receipts',
  params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
  answer: { description: 'The erasure.', schema: ErasureView },
  errors: ['not_found'],
  async handle({ workspace, params }, { eraser }) {
    const record = await eraser.records.get(workspace, params.id)
    if (record === undefined) throw new Problem('not_found', `There is no erasure ${params.id} in this workspace.`)
    return viewOf(record)
  },
})

export const listErasures = route({
  method: 'GET',
  path: '/v1/erasures',
  access: 'secret',
  tag: 'People',
  summary: 'Erasures, oldest first',
  query: Type.Object(
    {
      after: Type.Optional(Type.String({ maxLength: 100 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'Ask for the next page with `after` = `next`.',
    schema: Type.Object({ erasures: Type.Array(ErasureView), next: Type.Optional(Type.String()) }),
  },
  async handle({ workspace, query }, { eraser }) {
    const limit = query.limit ?? 100
    const page = await eraser.records.page(workspace, query.after, limit)
    const next = page.length === limit ? page.at(-1)?.id : undefined
    return { erasures: page.map(viewOf), ...(next !== undefined && { next }) }
  },
})

function viewOf(record: ErasureRecord) {
  const { id, profile, stage, requested, by, until, logical, physical, error } = record
  return {
    id,
    profile,
    stage,
    requested,
    by,
    tombstonesUntil: until,
    ...(logical && { logical }),
    ...(physical && { physical }),
    ...(error !== undefined && { error }),
  }
}
