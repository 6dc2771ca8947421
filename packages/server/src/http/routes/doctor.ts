import Type from 'typebox'
import { examine } from '../../doctor.ts'
import { route } from '../route.ts'

export const doctor = route({
  method: 'GET',
  path: '/v1/doctor',
  access: 'secret',
  tag: 'Operation',
  summary: 'What a support engineer would ask for',
  description:
    'Disk room, versions, clock, a store that takes commits, a warehouse that answers, backlog, definitions, keys, limits.',
  query: Type.Object({ clock: Type.Optional(Type.Integer({ description: 'The caller’s time, epoch milliseconds.' })) }),
  answer: {
    description: 'One line a check; `healthy` when none failed.',
    schema: Type.Object({
      healthy: Type.Boolean(),
      checks: Type.Array(
        Type.Object({
          check: Type.String(),
          status: Type.Union([Type.Literal('ok'), Type.Literal('warn'), Type.Literal('fail')]),
          message: Type.String(),
          mend: Type.Optional(Type.String()),
          details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        }),
      ),
    }),
  },
  async handle({ workspace, query }, services) {
    const checks = await examine(services, workspace, query.clock)
    return { healthy: checks.every(({ status }) => status !== 'fail'), checks }
  },
})
