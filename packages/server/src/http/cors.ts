import type { FastifyReply, FastifyRequest } from 'fastify'
import { StartError } from '../problem.ts'

/** Which pages may read answers: those of `trackOrigins` for what SDKs call, those of `origins` for the rest. */
export interface CorsRules {
  readonly track: readonly string[]
  readonly rest: readonly string[]
  /** Paths that SDKs in pages call. */
  readonly trackPaths: ReadonlySet<string>
}

/**
 * Origins as browsers name them, however they were written: `https://Shop.example/` is `https://shop.example`. Throws `StartError` for
 * what is none, which no page would ever have.
 */
export function originsOf(option: string, given: readonly string[]): string[] {
  return given.map(written => {
    if (written === '*') return written
    const url = URL.canParse(written) ? new URL(written) : undefined
    const isOrigin = url?.host && ['', '/'].includes(url.pathname) && !/[?#@]/.test(written)
    if (url === undefined || !isOrigin) {
      const mend = 'Write for example https://www.shop.example.'
      throw new StartError(`The option ${option} holds "${written}", which is no web origin. ${mend}`)
    }
    return `${url.protocol}//${url.host}`
  })
}

/** What a page may send that does not say what it wants to send. */
const REQUEST_HEADERS = 'Authorization, Content-Type, Content-Encoding, If-None-Match, X-API-Key'

/** Names of headers, as a browser lists them. */
const NAMES = /^[\w-]+(?:, ?[\w-]+){0,63}$/

/** Sets the headers; true when the request was a preflight and is answered. */
export function cors(rules: CorsRules, request: FastifyRequest, reply: FastifyReply): boolean {
  const { origin } = request.headers
  if (origin === undefined) return false
  const question = request.url.indexOf('?')
  const path = question < 0 ? request.url : request.url.slice(0, question)
  const origins = rules.trackPaths.has(path) ? rules.track : rules.rest
  reply.header('vary', 'Origin')
  const allowed = origins.includes('*') || origins.includes(origin)
  // Beacons send cookies along whether asked or not, and then a browser wants the origin by name; we read no cookie.
  if (allowed) reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true')
  if (allowed) reply.header('access-control-expose-headers', 'ETag, Retry-After, X-RateLimit-Reset')
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false
  if (allowed) {
    reply
      .header('access-control-allow-methods', 'GET, POST, PUT, DELETE')
      .header('access-control-allow-headers', headersFor(request))
      .header('access-control-max-age', '86400')
  }
  reply.code(204).send()
  return true
}

/**
 * Whatever an allowed page asks for. SDKs put things of their own beside the body, each version others (RudderStack's `AnonymousId`,
 * `SentAt`, `Rsa-Retry-Attempt`): we do not read them, and a browser sends nothing at all where one of them is not allowed.
 */
function headersFor({ headers }: FastifyRequest): string {
  const asked = headers['access-control-request-headers']
  return asked !== undefined && NAMES.test(asked) ? asked : REQUEST_HEADERS
}
