import type { JsonObject } from '@espalier/core'
import type { AddressSettings } from '@espalier/core/consent'
import type { Signal } from '@espalier/core/event'
import type { Places } from '../place/places.ts'
import { truncateIp } from './ip.ts'
import { isBrowser, userAgentOf } from './visitor.ts'

/** What the request itself says of where an event came from. */
export interface Origin {
  readonly userAgent: string | undefined
  readonly ip: string
  /** What the visitor's browser says of privacy. */
  readonly signals: readonly Signal[]
}

export interface Enrichment {
  readonly places: Pick<Places, 'find'>
  /** What is kept of addresses; cut short unless the workspace says otherwise. */
  readonly addresses?: AddressSettings | undefined
}

/**
 * The context as it is stored: the browser's user agent where the client named none, the place where it named none, and
 * addresses cut short, in this order, since the place is looked up by the whole address. The request's own address is kept only
 * where the client asks for it (`context.direct`), as Segment's API has it; a browser's request tells the place all the same.
 */
export function enrichContext(
  context: JsonObject,
  origin: Origin,
  { places, addresses = 'cut' }: Enrichment,
): JsonObject {
  const userAgent = userAgentOf(context.userAgent, origin.userAgent)
  const addsAgent = userAgent !== undefined && context.userAgent === undefined
  const { ip } = context
  const stated = typeof ip === 'string' ? ip : context.direct === true ? origin.ip : undefined
  const address = stated ?? (isBrowser(origin.userAgent) ? origin.ip : undefined)
  const location = context.location !== undefined || address === undefined ? undefined : places.find(address)
  if (!addsAgent && ip === undefined && stated === undefined && location === undefined) return context
  const enriched: JsonObject = { ...context }
  if (addsAgent) enriched.userAgent = userAgent
  if (location !== undefined) enriched.location = { ...location }
  const kept = stated === undefined ? undefined : keptOf(stated, addresses)
  if (kept === undefined) delete enriched.ip
  else enriched.ip = kept
  return enriched
}

/** Undefined for what is no address, so that nothing else is stored under its name. */
function keptOf(address: string, addresses: AddressSettings): string | undefined {
  const short = addresses === 'none' ? undefined : truncateIp(address)
  return short !== undefined && addresses === 'whole' ? address : short
}
