// A bare Fastify route: parses JSON and answers a fixed text of the wanted size. See process.mjs.
import Fastify from 'fastify'

const { options } = JSON.parse(process.argv[2])
const app = Fastify({ bodyLimit: 10 << 20 })
const answer = JSON.stringify({ answer: 'x'.repeat(Math.max(0, options.answerBytes - 13)) })
app.post('/*', (request, reply) => {
  reply.header('content-type', 'application/json; charset=utf-8')
  return typeof request.body === 'object' ? answer : '{}'
})
await app.listen({ port: 0, host: '127.0.0.1' })

process.on('message', ({ ask }) => {
  if (ask === 'stop') process.exit(0)
})
process.on('disconnect', () => process.exit(1))
process.send({ ready: { url: `http://127.0.0.1:${app.server.address().port}` } })
