import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { route } from '../route.ts'

export const live = route({
  method: 'GET',
  path: '/health/live',
  access: 'anybody',
  tag: 'Operation',
  passesOverQuery: true,
  answersHead: true,
  summary: 'The process answers',
  answer: { description: 'It does.', schema: Type.Object({ status: Type.Literal('ok') }) },
  handle: () => ({ status: 'ok' }),
})

export const ready = route({
  method: 'GET',
  path: '/health/ready',
  access: 'anybody',
  tag: 'Operation',
  passesOverQuery: true,
  answersHead: true,
  summary: 'Events can be taken in',
  description: 'The warehouse may be down: then events wait in the outbox and reports are refused.',
  answer: {
    description: 'Send traffic here.',
    schema: Type.Object({
      status: Type.Literal('ok'),
      warehouse: Type.Union([Type.Literal('ok'), Type.Literal('down')]),
    }),
  },
  errors: ['unavailable'],
  async handle(_call, { store, shipper }) {
    try {
      await store.check()
    } catch (error) {
      throw new Problem('unavailable', 'The store cannot take commits.', { retryAfter: 2, cause: error })
    }
    return { status: 'ok', warehouse: shipper.lastError === undefined ? 'ok' : 'down' }
  },
})
