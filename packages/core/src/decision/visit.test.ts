import { expect, it } from 'vitest'
import type { JsonObject } from '../json.ts'
import { languageOf } from '../plan/needs.ts'
import { decide } from './decide.ts'
import { compileLogged, compileLoggedInput } from './logged.ts'
import { catalogOf, compiledOf, personOf } from './testing.ts'
import { visitOf } from './visit.ts'

const DEVICE = { context: 'visit.device' } as const
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148'

it.each<[context: JsonObject, visit: JsonObject]>([
  [{}, {}],
  [{ userAgent: IPHONE }, { device: 'mobile', os: 'iOS' }],
  [{ device: { type: 'android', model: 'Pixel Tablet' } }, { device: 'tablet' }],
  [
    {
      page: {
        url: 'https://shop.example/?utm_source=news&utm_medium=email&utm_campaign=may',
        referrer: 'https://mail.example:8080/x',
      },
    },
    { referrer: 'mail.example', source: 'news', medium: 'email', campaign: 'may' },
  ],
  [
    { campaign: { source: 'ads' }, location: { country: 'DE', city: 'Bonn' } },
    { source: 'ads', country: 'DE', city: 'Bonn' },
  ],
  [{ page: 3, location: [], campaign: null, device: 'x', userAgent: {} } as JsonObject, {}],
])('a visit with %j', (context, visit) => {
  expect(visitOf(context)).toEqual(visit)
})

it.each([
  '{{ context.visit.device }}',
  '{{ context["visit"]["device"] }}',
  '{% assign visit = context.visit %}{{ visit["device"] }}',
])('a text shows what the visit is like: %s', text => {
  const set = compiledOf({ touchpoint: { hero: { channel: 'web', default: text } } })
  const context = { userAgent: IPHONE }
  const ask = { set, profile: undefined, context, now: 0, touchpoints: ['hero'], items: catalogOf({}) }
  expect(decide(ask).answers[0]!.content).toBe('mobile')
})

it('R7 who may be told by it, and what was looked at is logged', () => {
  const experience = (audience: object) => ({
    tactic: 'content',
    touchpoints: ['hero'],
    audience,
    control: 0,
    variants: [{ key: 'a', content: { hero: 'for {{ context.visit.device }} from {{ context.visit.source }}' } }],
  })
  const set = compiledOf({
    settings: { workspace: { holdout: 0 } },
    touchpoint: { hero: { channel: 'web', default: 'default' } },
    experience: {
      phones: experience({
        all: [
          { context: 'visit.device', is: 'mobile' },
          { context: 'visit.referrer', endsWith: 'example' },
        ],
      }),
    },
  })
  const ask = (context: JsonObject) =>
    decide({
      set,
      profile: personOf({ bucketKey: '00' }),
      context,
      now: 0,
      touchpoints: ['hero'],
      items: catalogOf({}),
    })
  const { answers, inputs } = ask({
    userAgent: IPHONE,
    page: { referrer: 'https://news.example/' },
    campaign: { source: 'news' },
  })
  expect(answers[0]!.content).toBe('for mobile from news')
  expect(inputs.context).toEqual({ 'visit.device': 'mobile', 'visit.referrer': 'news.example' })
  // What the caller says of it themselves is not believed.
  expect(ask({ visit: { device: 'mobile', referrer: 'example' } }).answers[0]!.content).toBe('default')
})

it('R7 what a visit was like is in the log for whoever learns or asks what if, also where no decision looked at it', () => {
  const context: JsonObject = { userAgent: IPHONE, page: { referrer: 'https://news.example/' } }
  const byVisit = (inputs: JsonObject, logged: JsonObject = context) => {
    const subject = { inputs, context: logged, at: 0 }
    const { read } = compileLoggedInput('e', { key: 'd', kind: 'categorical', levels: ['mobile'], from: DEVICE })
    return [
      read(subject),
      compileLogged({ ...DEVICE, is: 'mobile' }, languageOf({ version: 1, definitions: [] })).test(subject),
    ]
  }
  expect(byVisit({})).toEqual(['mobile', true])
  // As it was seen then, whatever it would be taken for now.
  expect(byVisit({ context: { 'visit.device': 'tablet' } })).toEqual(['tablet', false])
  expect(byVisit({}, {})).toEqual([undefined, false])
  // Imported with a decision made elsewhere.
  expect(byVisit({}, { visit: { device: 'mobile' } })).toEqual(['mobile', true])
})
