import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enrichContext } from './enrich.ts'
import { truncateIp } from './ip.ts'
import { isBot, userAgentOf } from './visitor.ts'

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
  const origin = { userAgent: CHROME, ip: '203.0.113.77' }

  it('takes the browser’s agent where the client named none, and only a browser’s', () => {
    expect(enrichContext({ a: 1 }, origin)).toEqual({ a: 1, userAgent: CHROME })
    expect(enrichContext({ userAgent: 'mine' }, origin)).toEqual({ userAgent: 'mine' })
    expect(enrichContext({ a: 1 }, { ...origin, userAgent: 'axios/1.7' })).toEqual({ a: 1 })
  })

  it('stores no address unless asked to, and then cut short', () => {
    expect(enrichContext({}, origin)).not.toHaveProperty('ip')
    expect(enrichContext({ ip: '198.51.100.9' }, origin).ip).toBe('198.51.100.0')
    expect(enrichContext({ direct: true }, origin).ip).toBe('203.0.113.0')
    expect(enrichContext({ ip: { nested: '198.51.100.9' } }, origin)).not.toHaveProperty('ip')
    expect(enrichContext({ ip: 'somebody’s street' }, origin)).not.toHaveProperty('ip')
  })

  it('does not change what it is given', () => {
    const given = { ip: '198.51.100.9' }
    enrichContext(given, origin)
    expect(given.ip).toBe('198.51.100.9')
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
})
