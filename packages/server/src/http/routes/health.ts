import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { within } from '../../within.ts'
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

/** Probes wait for a second, as a rule: a store that hangs is told of within it. */
const LOOK_MS = 800

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
    const looked = await within(LOOK_MS, store.check()).catch((error: unknown) => {
      throw new Problem('unavailable', 'The store cannot take commits.', { retryAfter: 2, cause: error })
    })
    if (!looked) throw new Problem('unavailable', 'The store does not answer.', { retryAfter: 2 })
    return { status: 'ok', warehouse: shipper.lastError === undefined ? 'ok' : 'down' }
  },
})
