import type { Signal } from '@espalier/core/event'
import type { FastifyRequest } from 'fastify'
import type { Origin } from '../pipeline/enrich.ts'
import { withoutPort } from './proxies.ts'

const NONE: readonly Signal[] = []

/** What a request itself says of where an event came from, and of privacy: `Sec-GPC: 1` and `DNT: 1`. */
export function originOf({ headers, ip }: FastifyRequest): Origin {
  const gpc = headers['sec-gpc'] === '1'
  const dnt = headers.dnt === '1'
  const signals: readonly Signal[] =
    gpc || dnt ? [...(gpc ? (['gpc'] as const) : []), ...(dnt ? (['dnt'] as const) : [])] : NONE
  return { userAgent: headers['user-agent'], ip: withoutPort(ip), signals }
}
