import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { route } from '../route.ts'

export const acceptWarehouse = route({
  method: 'POST',
  path: '/v1/warehouse/accept',
  access: 'operator',
  tag: 'Operation',
  summary: 'Begin history anew with another warehouse',
  description:
    'Where the warehouse is not the one this store has shipped to, nothing is shipped to it. This says that it is to be used all the same: what the other had is not in reports any more. What waits in the outbox is shipped within seconds.',
  answer: { description: 'It is this store’s from now on.', schema: Type.Object({ accepted: Type.Literal(true) }) },
  errors: ['conflict'],
  async handle(_call, { bond }) {
    if (await bond.accept()) return { accepted: true }
    throw new Problem('conflict', 'No warehouse was refused.', {
      mend: 'There is nothing to accept: see GET /v1/doctor.',
    })
  },
})
