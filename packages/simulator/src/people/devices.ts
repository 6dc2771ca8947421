import type { JsonObject } from '@espalier/core'
import type { Random } from '@espalier/core/random'

export type DeviceKind = 'mobile' | 'desktop'

/** One browser: what it says of itself with every event, and the id it was given at its first visit. */
export interface Device {
  readonly kind: DeviceKind
  readonly anonymousId: string
  readonly context: JsonObject
}

const AGENTS: Readonly<Record<DeviceKind, readonly [agent: string, width: number, height: number][]>> = {
  mobile: [
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      393,
      852,
    ],
    [
      'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36',
      412,
      915,
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
      360,
      780,
    ],
  ],
  desktop: [
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
      1920,
      1080,
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
      1512,
      982,
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0', 1680, 1050],
  ],
}

const BOTS = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
]

const PLACES: readonly [locale: string, timezone: string, weight: number][] = [
  ['en-US', 'America/New_York', 5],
  ['en-GB', 'Europe/London', 2],
  ['de-DE', 'Europe/Berlin', 2],
  ['fr-FR', 'Europe/Paris', 1],
]

export interface Place {
  readonly locale: string
  readonly timezone: string
  readonly country: string
}

export function placeOf(rng: Random): Place {
  const [locale, timezone] = PLACES[rng.weighted(PLACES.map(place => place[2]))]!
  return { locale, timezone, country: locale.slice(3) }
}

export function deviceOf(rng: Random, kind: DeviceKind, place: Place): Device {
  return device(rng, kind, rng.pick(AGENTS[kind]), place)
}

/** A crawler: a new id at every visit, since it keeps no cookies. */
export function botOf(rng: Random): Device {
  return device(rng, 'desktop', [rng.pick(BOTS), 1024, 768], { locale: 'en-US', timezone: 'UTC', country: 'US' })
}

function device(
  rng: Random,
  kind: DeviceKind,
  [agent, width, height]: readonly [string, number, number],
  place: Place,
): Device {
  return {
    kind,
    anonymousId: uuid(rng),
    context: {
      library: { name: 'analytics.js', version: '2.11.1' },
      userAgent: agent,
      locale: place.locale,
      timezone: place.timezone,
      screen: { width, height, density: kind === 'mobile' ? 3 : 1 },
    },
  }
}

/** Shaped as a random UUID (version 4). */
export function uuid(rng: Random): string {
  const hex = word(rng) + word(rng) + word(rng) + word(rng)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

function word(rng: Random): string {
  return rng.integer(0x1_0000_0000).toString(16).padStart(8, '0')
}
