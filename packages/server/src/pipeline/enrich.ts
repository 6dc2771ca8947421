import type { JsonObject } from '@espalier/core'
import { truncateIp } from './ip.ts'
import { userAgentOf } from './visitor.ts'

/** What the request itself says of where an event came from. */
export interface Origin {
  readonly userAgent: string | undefined
  readonly ip: string
}

/**
 * The context as it is stored: the browser's user agent where the client named none, and addresses cut short. The request's
 * own address is used only where the client asks for it (`context.direct`), as Segment's API has it.
 */
export function enrichContext(context: JsonObject, origin: Origin): JsonObject {
  const userAgent = userAgentOf(context.userAgent, origin.userAgent)
  const addsAgent = userAgent !== undefined && context.userAgent === undefined
  const { ip } = context
  if (!addsAgent && ip === undefined && context.direct !== true) return context
  const enriched: JsonObject = { ...context }
  if (addsAgent) enriched.userAgent = userAgent
  const address = typeof ip === 'string' ? ip : context.direct === true ? origin.ip : undefined
  const short = address === undefined ? undefined : truncateIp(address)
  if (short === undefined) delete enriched.ip
  else enriched.ip = short
  return enriched
}
