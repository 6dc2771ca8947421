import Type from 'typebox'
import { backupStream } from '../../backup.ts'
import { route } from '../route.ts'

export const backup = route({
  method: 'GET',
  path: '/v1/backup',
  access: 'operator',
  tag: 'Operation',
  summary: 'A consistent copy of everything',
  description:
    'A gzip’d tar of the data folder, taken while events go on being accepted; `espalier restore` makes a data folder of it. Embedded engines only.',
  answer: {
    status: 200,
    description: 'The archive.',
    type: 'application/gzip',
    schema: Type.String({ format: 'binary' }),
  },
  errors: ['full', 'unsupported', 'warehouse_unavailable'],
  async handle({ reply }, services) {
    const stream = await backupStream(services)
    const day = new Date(services.now()).toISOString().slice(0, 10)
    reply.type('application/gzip').header('content-disposition', `attachment; filename="espalier-${day}.tar.gz"`)
    return stream
  },
})
