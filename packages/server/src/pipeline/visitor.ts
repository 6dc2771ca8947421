import { createIsbotFromList, isbot, isbotPatterns, list } from 'isbot'
import { HTTP_CLIENTS } from './httpClients.ts'

/** User agents are few and repeat; the oldest are forgotten first (R11). */
const MAX_REMEMBERED = 5000
/** Characters that are looked at and kept. */
const LONGEST_AGENT = 1000

/** Known crawlers, monitors and scripts by their user agent. */
export const isBot = remembering(isbot)

const ofClients = new Set(HTTP_CLIENTS.flatMap(isbotPatterns))
/** The same list without what it knows HTTP clients by. */
const isCrawler = remembering(createIsbotFromList(list.filter(pattern => !ofClients.has(pattern))))

function remembering(look: (userAgent: string) => boolean): (userAgent: string) => boolean {
  const remembered = new Map<string, boolean>()
  return userAgent => {
    let bot = remembered.get(userAgent)
    if (bot === undefined) {
      bot = look(userAgent)
      if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value ?? '')
      remembered.set(userAgent, bot)
    }
    return bot
  }
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
  if (typeof stated === 'string' && stated !== '') return stated.slice(0, LONGEST_AGENT)
  return isBrowser(requestHeader) ? requestHeader!.slice(0, LONGEST_AGENT) : undefined
}

/**
 * Whether a known bot asks. Its visitor's user agent tells; where that is not known, the request's own header does if a crawler names
 * itself there (`Googlebot/2.1`). The list has every HTTP client as a bot as well, and these call for people; with a secret key
 * (`isTrusted`) it is a server that calls, whatever it calls itself.
 */
export function isBotRequest(stated: unknown, requestHeader: string | undefined, isTrusted: boolean): boolean {
  const userAgent = userAgentOf(stated, requestHeader)
  if (userAgent !== undefined) return isBot(userAgent)
  return !isTrusted && requestHeader !== undefined && isCrawler(requestHeader.slice(0, LONGEST_AGENT))
}
