import { isbot } from 'isbot'

/** User agents are few and repeat; the oldest are forgotten first (R11). */
const MAX_REMEMBERED = 5000
const remembered = new Map<string, boolean>()

/** Known crawlers, monitors and scripts by their user agent. */
export function isBot(userAgent: string): boolean {
  let bot = remembered.get(userAgent)
  if (bot === undefined) {
    bot = isbot(userAgent)
    if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value ?? '')
    remembered.set(userAgent, bot)
  }
  return bot
}

/** A request a browser makes itself: its address is the visitor's. */
export function isBrowser(requestHeader: string | undefined): boolean {
  return requestHeader?.startsWith('Mozilla/') === true
}

/**
 * The visitor's user agent: what the context says, else the request's own where it is a browser's. A server's SDK calls
 * with its library's agent, which says nothing about the visitor (and would look like a bot).
 */
export function userAgentOf(stated: unknown, requestHeader: string | undefined): string | undefined {
  if (typeof stated === 'string' && stated !== '') return stated.slice(0, 1000)
  return isBrowser(requestHeader) ? requestHeader!.slice(0, 1000) : undefined
}
