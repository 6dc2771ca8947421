import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../json.ts'
import { deviceOf } from './device.ts'

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0'

const AGENTS: [agent: string, type: string, os: string | undefined][] = [
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Safari/537.36`, 'desktop', 'Windows'],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Safari/537.36`, 'desktop', 'macOS'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0', 'desktop', 'Linux'],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Safari/537.36`, 'desktop', 'ChromeOS'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1',
    'mobile',
    'iOS',
  ],
  ['Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 Mobile/15E148', 'tablet', 'iOS'],
  [`Mozilla/5.0 (Linux; Android 10; K) ${webkit} Mobile Safari/537.36`, 'mobile', 'Android'],
  [`Mozilla/5.0 (Linux; Android 13; SM-X906C) ${webkit} Safari/537.36`, 'tablet', 'Android'],
  [
    'Mozilla/5.0 (Linux; Android 9; KFTRWI) AppleWebKit/537.36 Silk/126.3.1 like Chrome/126.0 Safari',
    'tablet',
    'Android',
  ],
  ['Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 SamsungBrowser/4.0 TV Safari/537.36', 'other', 'Linux'],
  ['Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15', 'other', undefined],
  [`Mozilla/5.0 (Linux; Android 8.0.0; HTV33) ${webkit} Mobile Safari/537.36`, 'mobile', 'Android'],
  ['curl/8.5.0', 'other', undefined],
]

describe('deviceOf', () => {
  for (const [userAgent, type, os] of AGENTS) {
    it(`takes ${type} from ${userAgent}`, () => {
      expect(deviceOf({ userAgent })).toEqual({ type, ...(os && { os }) })
    })
  }

  const iPhone = AGENTS[4]![0]
  const CONTEXTS: [name: string, context: JsonObject, device: object | undefined][] = [
    ['nothing said', { locale: 'de' }, undefined],
    [
      'a stated type wins over the agent',
      { userAgent: iPhone, device: { type: 'Desktop' } },
      { type: 'desktop', os: 'iOS' },
    ],
    [
      "Segment's mobile libraries state the system",
      { device: { type: 'ios', model: 'iPhone15,2' }, os: { name: 'iPadOS' } },
      { type: 'mobile', os: 'iPadOS', model: 'iPhone15,2' },
    ],
    [
      'and name tablets by the model',
      { device: { type: 'ios', model: 'iPad13,1' } },
      { type: 'tablet', model: 'iPad13,1' },
    ],
    [
      'an unknown stated type leaves it to the agent',
      { userAgent: iPhone, device: { type: 'gadget' } },
      { type: 'mobile', os: 'iOS' },
    ],
    [
      'userAgentData says mobile where the agent is frozen',
      { userAgent: `Mozilla/5.0 (Linux; Android 10; K) ${webkit}`, userAgentData: { mobile: true } },
      { type: 'mobile', os: 'Android' },
    ],
    ['wrong types are ignored', { userAgent: 7, device: 'x', os: [] }, undefined],
  ]
  for (const [name, context, device] of CONTEXTS) it(name, () => expect(deviceOf(context)).toEqual(device))
})
