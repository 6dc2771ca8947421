import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { JsonObject } from '@espalier/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { locationOf } from '../place/mmdb.ts'
import { Places } from '../place/places.ts'
import { StartError } from '../problem.ts'
import { type Enrichment, enrichContext, type Origin } from './enrich.ts'
import { HTTP_CLIENTS } from './httpClients.ts'
import { truncateIp } from './ip.ts'
import { isBot, isBotRequest, userAgentOf } from './visitor.ts'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'

describe('addresses', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
    ['2001:db8::1', '2001:db8::'],
    ['2001:0db8:0000:0042::7', '2001:db8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::'],
    ['1:2:3:4:5:6:192.0.2.33', '1:2:3::'],
    ['not an address', undefined],
    ['203.0.113.77, 10.0.0.1', undefined],
    ['', undefined],
  ])('%s is kept as %s', (ip, kept) => {
    expect(truncateIp(ip)).toBe(kept)
  })

  it('nothing of the last 80 bits of IPv6, or the last octet of IPv4, is kept', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV4(), (six, four) => {
        const kept = truncateIp(six)
        if (kept !== undefined) expect(kept.split('::')[0]!.split(':').filter(Boolean).length).toBeLessThanOrEqual(3)
        expect(truncateIp(four)).toBe(`${four.split('.').slice(0, 3).join('.')}.0`)
      }),
    )
  })
})

describe('context', () => {
  const origin: Origin = { userAgent: CHROME, ip: '203.0.113.77', signals: [] }
  const enrich = (context: JsonObject, from = origin, addresses?: Enrichment['addresses']) =>
    enrichContext(context, from, { places: { find: () => undefined }, addresses })

  it('takes the browser’s agent where the client named none, and only a browser’s', () => {
    expect(enrich({ a: 1 })).toEqual({ a: 1, userAgent: CHROME })
    expect(enrich({ userAgent: 'mine' })).toEqual({ userAgent: 'mine' })
    expect(enrich({ a: 1 }, { ...origin, userAgent: 'axios/1.7' })).toEqual({ a: 1 })
  })

  it('stores no address unless asked to, and then cut short', () => {
    expect(enrich({})).not.toHaveProperty('ip')
    expect(enrich({ ip: '198.51.100.9' }).ip).toBe('198.51.100.0')
    expect(enrich({ direct: true }).ip).toBe('203.0.113.0')
    expect(enrich({ ip: { nested: '198.51.100.9' } })).not.toHaveProperty('ip')
    expect(enrich({ ip: 'somebody’s street' })).not.toHaveProperty('ip')
  })

  it('keeps whole addresses, or none, where the workspace says so', () => {
    const given = { ip: '198.51.100.9' }
    expect(enrich(given, origin, 'whole').ip).toBe('198.51.100.9')
    expect(enrich({ direct: true }, origin, 'none')).not.toHaveProperty('ip')
    expect(enrich({ ip: 'somebody’s street' }, origin, 'whole')).not.toHaveProperty('ip')
  })

  it('does not change what it is given', () => {
    const given = { ip: '198.51.100.9' }
    enrich(given)
    expect(given.ip).toBe('198.51.100.9')
  })
})

describe('places', () => {
  const places = new Places(undefined)
  const GERMAN = '193.99.144.80'
  const visitor: Origin = { userAgent: CHROME, ip: GERMAN, signals: [] }
  const enrich = (context: JsonObject, origin: Origin = visitor) => enrichContext(context, origin, { places })

  it('are looked up by the whole address, which is cut or left out afterwards', () => {
    expect(enrich({})).toEqual({ userAgent: CHROME, location: { country: 'DE' } })
    expect(enrich({ direct: true })).toMatchObject({ location: { country: 'DE' }, ip: '193.99.144.0' })
    const server = { ...visitor, userAgent: 'axios/1.7', ip: '10.0.0.1' }
    expect(enrich({ ip: '2a02:2e0::1' }, server)).toEqual({ ip: '2a02:2e0::', location: { country: 'DE' } })
  })

  it('of a server’s own request say nothing of the visitor', () => {
    expect(enrich({}, { ...visitor, userAgent: 'node' })).toEqual({})
  })

  it('that the client names stay as they are', () => {
    expect(enrich({ location: { city: 'Oslo' } }).location).toEqual({ city: 'Oslo' })
  })

  it('are nowhere for private addresses and for what is none', () => {
    for (const ip of ['10.1.2.3', '127.0.0.1', '::1', 'nonsense', '']) expect(places.find(ip), ip).toBeUndefined()
    expect(places.find(`::ffff:${GERMAN}`)).toEqual({ country: 'DE' })
  })

  it('are read from records of the makers of such files', () => {
    const maxmind = {
      country: { iso_code: 'US', names: { en: 'United States' } },
      subdivisions: [{ iso_code: 'CA', names: { en: 'California' } }],
      city: { names: { en: 'Mountain View' } },
    }
    expect(locationOf(maxmind)).toEqual({ country: 'US', region: 'CA', city: 'Mountain View' })
    expect(locationOf({ country_code: 'DE', state1: 'Lower Saxony', city: 'Hanover' })).toEqual({
      country: 'DE',
      region: 'Lower Saxony',
      city: 'Hanover',
    })
    expect(locationOf({ country: 'FR', continent: 'EU' })).toEqual({ country: 'FR' })
    for (const nothing of [null, undefined, 'DE', {}, { country: 'Germany' }])
      expect(locationOf(nothing)).toBeUndefined()
  })

  it('a file that is no such database is named when the server starts', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'espalier-places-')), 'broken.mmdb')
    expect(() => new Places(path)).toThrow(StartError)
    await writeFile(path, 'not a database')
    expect(() => new Places(path)).toThrow(path)
    await rm(dirname(path), { recursive: true })
  })
})

describe('bots', () => {
  it('crawlers are bots, browsers are not', () => {
    expect(isBot(GOOGLEBOT)).toBe(true)
    expect(isBot(CHROME)).toBe(false)
  })

  it('an SDK’s own agent says nothing of the visitor', () => {
    for (const library of ['axios/1.7.2', 'node', 'python-requests/2.31', 'curl/8.5.0', undefined]) {
      expect(userAgentOf(undefined, library)).toBeUndefined()
    }
    expect(userAgentOf(undefined, GOOGLEBOT)).toBe(GOOGLEBOT)
    expect(userAgentOf(CHROME, GOOGLEBOT)).toBe(CHROME)
  })

  it.each([
    'Googlebot/2.1',
    'Googlebot-Image/1.0',
    'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
    'facebookexternalhit/1.1',
    'Twitterbot/1.0',
    'Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)',
    'ia_archiver',
    'CCBot/2.0 (https://commoncrawl.org/faq/)',
    'UptimeRobot/2.0',
    GOOGLEBOT,
  ])('%s asks for itself, unless a server names the visitor or proves to be one', agent => {
    expect(isBotRequest(undefined, agent, false)).toBe(true)
    expect(isBotRequest(CHROME, agent, false)).toBe(false)
    expect(isBotRequest(agent, 'axios/1.7.2', false)).toBe(true)
    // With a secret key a server calls; a browser's own header it may pass on.
    expect(isBotRequest(undefined, agent, true)).toBe(agent.startsWith('Mozilla/'))
  })

  it('nobody is a bot for the HTTP client that asks for them, those of the list and their other versions', () => {
    const others = [
      'axios/0.21',
      'python-requests/2.6',
      'okhttp/5.0.0-alpha',
      'Java/11',
      'Shopware/6',
      'billing/3.2 go',
    ]
    for (const agent of [...HTTP_CLIENTS, ...others, '', undefined]) {
      expect(isBotRequest(undefined, agent, false), agent).toBe(false)
    }
  })
})
