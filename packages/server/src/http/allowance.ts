import type { FastifyRequest } from 'fastify'
import { Problem } from '../problem.ts'
import type { Services } from '../services.ts'
import { authenticate, type Credentials, keyOf } from './authenticate.ts'
import type { Route } from './route.ts'

/** How large a body may be, and what is said of one that is larger. */
export interface Allowance {
  readonly bytes: number
  readonly over?: Problem
}

/**
 * What a request may bring to a route that takes more than a tracking request holds. A few bytes of gzip become megabytes, which
 * nobody has read for nothing (R11): a secret key is known before a byte of the body is; without one, or with a public one, it is a
 * tracking request's. Throws as `authenticate` does.
 */
export async function allowanceOf(
  route: Route,
  bytes: number,
  credentials: Credentials,
  services: Services,
): Promise<Allowance> {
  const least = services.options.batchBytes
  if (!keyOf(credentials.authorization)) {
    const mend = `Send the key in the Authorization header: a body without it may hold ${least} bytes.`
    return { bytes: least, over: new Problem('no_key', 'This request has no key.', { mend }) }
  }
  const { key } = await authenticate(route.access, credentials, undefined, services)
  if (key?.kind !== 'write') return { bytes }
  const message = `The body is larger than ${least} bytes, which is the most with a write key.`
  // Of tracking clients, which know 400 and not 413.
  return { bytes: least, over: new Problem('too_large', message, { status: 400 }) }
}

const allowances = new WeakMap<FastifyRequest, Allowance>()

export function allow(request: FastifyRequest, allowance: Allowance): void {
  allowances.set(request, allowance)
}

export function allowed(request: FastifyRequest): Allowance | undefined {
  return allowances.get(request)
}
