import { type Json, type JsonObject, objectOf } from '../json.ts'
import type { Event } from './event.ts'

/** Where a visit came from, as far as one event says. All text is at most 200 characters, the referrer 500. */
export interface VisitOrigin {
  source?: string
  medium?: string
  campaign?: string
  term?: string
  content?: string
  /** Another site's page, without query and fragment. */
  referrer?: string
}

/**
 * Campaign and referrer of an event: `context.campaign`, else the `utm_` parameters of the page's query; and the page's
 * referrer where it is another site. Undefined where the event names neither: it does not touch acquisition.
 */
export function originOf(event: Visiting): VisitOrigin | undefined {
  const page = pageOf(event)
  const origin = campaignOf(event.context.campaign) ?? utmOf(page) ?? {}
  const referrer = referrerOf(event.context, page)
  if (referrer !== undefined) origin.referrer = referrer
  for (const _ in origin) return origin
  return undefined
}

/** What tells where a visit came from: an event, or the context alone of who asks for a decision. */
type Visiting = Pick<Event, 'context'> & Partial<Pick<Event, 'type' | 'properties'>>

/** `context.page`; of a page call without one its own properties, as who writes the call by hand has them. */
function pageOf({ context, type, properties }: Visiting): JsonObject | undefined {
  return objectOf(context.page) ?? (type === 'page' ? properties : undefined)
}

/** The page an event happened on, by its path. */
export function pathOf(event: Event): string | undefined {
  return textOf(objectOf(event.context.page)?.path, 500) ?? textOf(event.properties.path, 500)
}

function campaignOf(campaign: Json | undefined): VisitOrigin | undefined {
  const given = objectOf(campaign)
  return given && originFrom(key => textOf(given[key], 200))
}

function utmOf(page: JsonObject | undefined): VisitOrigin | undefined {
  const query = textOf(page?.search, 5000) ?? queryOf(textOf(page?.url, 5000))
  if (query === undefined || !query.includes('utm_')) return undefined
  const utm = new Map<string, string>()
  for (const pair of query.replace(/^\?/, '').split('&')) {
    const [key = '', value = ''] = pair.split('=', 2)
    if (key.startsWith('utm_') && value !== '') utm.set(key.slice(4), decoded(value).slice(0, 200))
  }
  return originFrom(key => utm.get(key === 'name' ? 'campaign' : key))
}

function originFrom(read: (key: string) => string | undefined): VisitOrigin | undefined {
  const origin: VisitOrigin = {}
  const [source, medium, campaign, term, content] = ['source', 'medium', 'name', 'term', 'content'].map(read)
  if (source) origin.source = source
  if (medium) origin.medium = medium
  if (campaign) origin.campaign = campaign
  if (term) origin.term = term
  if (content) origin.content = content
  for (const _ in origin) return origin
  return undefined
}

function referrerOf(context: JsonObject, page: JsonObject | undefined): string | undefined {
  const referrer = textOf(page?.referrer, 5000) ?? textOf(objectOf(context.referrer)?.url, 5000)
  const host = hostOf(referrer)
  if (host === undefined || host === hostOf(textOf(page?.url, 5000))) return undefined
  return referrer!.replace(/[?#].*$/s, '').slice(0, 500)
}

function hostOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined
  return /^[a-z][a-z0-9+.-]*:\/\/(?:www\.)?([^/?#]+)/i.exec(url)?.[1]?.toLowerCase()
}

function queryOf(url: string | undefined): string | undefined {
  const start = url === undefined ? -1 : url.indexOf('?')
  if (start < 0) return undefined
  const end = url!.indexOf('#', start)
  return url!.slice(start, end < 0 ? undefined : end)
}

function decoded(value: string): string {
  const text = value.replaceAll('+', ' ')
  try {
    return decodeURIComponent(text).toWellFormed()
  } catch {
    return text // A stray per cent sign: what was written is better than nothing.
  }
}

function textOf(value: Json | undefined, limit: number): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, limit) : undefined
}
