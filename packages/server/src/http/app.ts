import type { IncomingMessage } from 'node:http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { Problem } from '../problem.ts'
import type { Services } from '../services.ts'
import { allow, allowanceOf, allowed } from './allowance.ts'
import { type Offered, offeredBy } from './allowedMethods.ts'
import { authenticate, type Credentials, keyOf } from './authenticate.ts'
import { parseJson, readBody, readJson } from './body.ts'
import { check, checkNames, checkText } from './check.ts'
import { type CorsRules, cors, originsOf } from './cors.ts'
import { toProblem } from './failure.ts'
import { answerMalformed } from './malformed.ts'
import { OFREP, ofrepFailure } from './ofrep.ts'
import { Outages } from './outages.ts'
import { trusted } from './proxies.ts'
import { JsonText, type Route } from './route.ts'
import { Turns } from './turns.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyLimit?: number
    tooLargeIs?: 400 | 413
  }
}

/** So long a request may take to arrive; then 408, and its connection is closed: one that never ends would hold it for ever (R11). */
const ARRIVES_WITHIN_MS = 300_000

const JSON_TYPE = 'application/json'
const JSON_UTF8 = 'application/json; charset=utf-8'

/** The HTTP face: routes in, a Fastify application out, not yet listening. */
export function createApp(routes: readonly Route[], services: Services): FastifyInstance {
  const { options } = services
  const outages = new Outages(services.now)
  const app = Fastify({
    loggerInstance: services.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: options.logLevel !== 'debug' }),
    // A logger for each request costs more than all it would say: errors name their request themselves.
    childLoggerFactory: logger => logger,
    trustProxy: trusted(options.trustProxy),
    // Bodies are read by `readBody`, with a limit a route.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    requestTimeout: ARRIVES_WITHIN_MS,
    rewriteUrl: ({ url = '/' }) => plainAddress(url),
    // Percent-encoded; the schema bounds what they decode to.
    routerOptions: { maxParamLength: 6000 },
    forceCloseConnections: 'idle',
    // A request that arrives while the server stops is answered by our own error.
    return503OnClosing: false,
    clientErrorHandler: answerMalformed,
    // What is refused before there is a route: an address that cannot be decoded.
    frameworkErrors: (error, request, reply) => refuse(toProblem(error), request, reply, services, outages),
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(JSON_TYPE, (request: FastifyRequest, payload: IncomingMessage, done) => {
    // What no route answers is answered at once: the rest is thrown away as it comes.
    if (request.is404) return done(null)
    const { bodyLimit, tooLargeIs } = request.routeOptions.config
    const { bytes, over } = allowed(request) ?? { bytes: bodyLimit ?? options.bodyBytes }
    readBody(payload, request.headers, bytes, (error, body) => {
      const isOver = error instanceof Problem && error.code === 'too_large'
      if (isOver && over !== undefined) done(over)
      else done(isOver && tooLargeIs === 400 ? new Problem('too_large', error.message, { status: 400 }) : error, body)
    })
  })
  const { demand } = services
  const rules: CorsRules = {
    track: originsOf('trackOrigins', options.trackOrigins),
    rest: originsOf('origins', options.origins),
    trackPaths: new Set(routes.filter(route => route.fromPages).map(route => route.path)),
  }
  app.addHook('onRequest', (request, reply, done) => {
    // Every body is JSON, whatever it is called: beacons say text/plain, some clients nothing, some nonsense.
    request.raw.headers['content-type'] = JSON_TYPE
    demand.note()
    if (!cors(rules, request, reply)) done()
  })
  app.setErrorHandler((error, request, reply) => {
    refuse(toProblem(error), request, reply, services, outages)
  })
  const offered = offeredBy(routes)
  app.setNotFoundHandler((request, reply) => {
    const problem = answerUnrouted(offered, request, reply)
    if (problem !== undefined) refuse(problem, request, reply, services, outages)
  })
  const turns = new Turns()
  for (const route of routes) add(app, route, services, turns)
  return app
}

/**
 * Where a request goes. A base address that ends in a slash makes clients ask for `//v1/…`, and an address may come whole, as a proxy is
 * asked. Slashes further on count: one behind the other, something between them is missing.
 */
function plainAddress(url: string): string {
  if (url.charCodeAt(0) === SLASH) return url.charCodeAt(1) === SLASH ? url.replace(/^\/+/, '/') : url
  const path = url.replace(/^https?:\/\/[^/?]*/i, '')
  return path === url ? url : `/${path.replace(/^\/+/, '')}`
}

const SLASH = 0x2f

/** Answers who asks what a path offers, and says why nothing else is answered there: there is no such path, or it is asked otherwise. */
function answerUnrouted(offered: Offered, { method, url }: FastifyRequest, reply: FastifyReply): Problem | undefined {
  const path = url.split('?')[0] ?? ''
  const methods = offered(path)
  if (methods.length === 0) {
    const mend = 'See /openapi.json for what there is.'
    return new Problem('not_found', `There is no ${method} ${path}.`, { mend })
  }
  reply.header('allow', methods.join(', '))
  if (method !== 'OPTIONS') return new Problem('method_not_allowed', `${path} is not for ${method}.`)
  reply.code(204).send()
  return undefined
}

function add(app: FastifyInstance, route: Route, services: Services, turns: Turns): void {
  const bodyLimit = route.bodyLimit?.(services) ?? services.options.bodyBytes
  const isLarge = route.method !== 'GET' && route.access !== 'anybody' && bodyLimit > services.options.batchBytes
  app.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    config: {
      bodyLimit,
      ...(route.tooLargeIs === undefined ? {} : { tooLargeIs: route.tooLargeIs }),
    },
    exposeHeadRoute: route.answersHead === true,
    ...(isLarge && {
      onRequest: async (request: FastifyRequest) => {
        allow(request, await allowanceOf(route, bodyLimit, credentialsOf(request), services))
      },
    }),
    handler: async (request, reply) => {
      if (route.inStep) await turns.gathered()
      const { value: body, text } = bodyOf(route, request.body)
      const caller = authenticate(route.access, credentialsOf(request), body, services)
      const { workspace, key } = caller instanceof Promise ? await caller : caller
      if (route.body !== undefined && route.checks !== 'handler') check(route.body, body, 'body')
      const params = route.params === undefined ? {} : checkText(route.params, request.params, 'path')
      if (route.passesOverQuery !== true) checkNames(route.query, request.query)
      const query = route.query === undefined ? request.query : checkText(route.query, request.query, 'query')
      const answer = await route.handle({ params, query, body, text, workspace, key, request, reply }, services)
      if (route.inStep) await turns.worked()
      if (reply.sent) return reply
      if (route.answer.status !== undefined) reply.code(route.answer.status)
      if (answer === undefined) return reply.code(route.answer.status ?? 204).send()
      if (answer instanceof JsonText) return reply.header('content-type', JSON_UTF8).send(answer.text)
      return reply.send(answer)
    },
  })
}

/** `X-API-Key` is OFREP's other way to send a key: it counts where `Authorization` names none, as what a gateway leaves there. */
function credentialsOf({ headers, socket }: FastifyRequest): Credentials {
  const { authorization, 'x-api-key': key } = headers
  const isNamed = typeof key !== 'string' || Boolean(keyOf(authorization))
  return { authorization: isNamed ? authorization : `Bearer ${key}`, connection: socket }
}

const NO_BODY = { value: undefined, text: '' }

function bodyOf(route: Route, body: unknown): { value: unknown; text: string } {
  if (!Buffer.isBuffer(body)) return NO_BODY
  return route.wantsText ? readJson(body) : { value: parseJson(body), text: '' }
}

function refuse(
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
  outages: Outages,
): void {
  const { code, message } = problem
  services.metrics.requests.inc({ code })
  const said = problem.status >= 500 ? outages.says(problem) : undefined
  if (said !== undefined) {
    request.log.error({ err: problem.cause ?? problem, code, reqId: request.id, ...said }, message)
  }
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy()
    return
  }
  const { retryAfter } = problem.details
  if (retryAfter !== undefined) {
    // Segment's clients read either, and both are seconds from now.
    reply.header('retry-after', String(retryAfter))
    reply.header('x-ratelimit-reset', String(retryAfter))
  }
  const requestId = problem.code === 'internal' ? { requestId: request.id } : {}
  const { key } = (request.params ?? {}) as { key?: string }
  const ofrep = request.url.startsWith(OFREP) ? ofrepFailure(problem, key) : {}
  reply.code(problem.status).send({ ...problem.body(), ...requestId, ...ofrep })
}
