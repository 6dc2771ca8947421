import { expect, it } from 'vitest'
import { unspeakable } from '../experiment/testing.ts'
import { random } from '../random/random.ts'
import { type IndicationDay, type IndicationInput, indicationOf } from './indication.ts'

const LAUNCH = Date.UTC(2026, 4, 4)
const dayText = (offset: number) => new Date(LAUNCH + offset * 86_400_000).toISOString().slice(0, 10)

/** So many days on either side: buyers among 1,000 visitors of the touchpoint and 4,000 others, more at weekends, with an effect after. */
function days(each: number, effect = 0, seed = 'days'): IndicationDay[] {
  const rng = random(seed)
  return Array.from({ length: 2 * each + 1 }, (_, i) => {
    const offset = i - each
    const season = (1 + 0.3 * Math.sin(i / 15)) * (offset % 7 < -1 || offset % 7 > 4 ? 1.3 : 1)
    const noise = () => 1 + 0.03 * rng.normal()
    return {
      day: dayText(offset),
      touched: { people: 1000, sum: Math.round(100 * season * noise() * (offset > 0 ? 1 + effect : 1)), count: 0 },
      comparison: { people: 4000, sum: Math.round(200 * season * noise()), count: 0 },
      reached: offset > 0 ? 600 : 0,
    }
  })
}

const indication = (own: readonly IndicationDay[], more: Partial<IndicationInput> = {}) =>
  indicationOf({
    metric: { type: 'conversion', event: 'Order Completed', name: 'Conversion' },
    changed: dayText(0),
    touchpoints: ['home.hero'],
    comparison: 'all other visitors',
    days: own,
    missing: 0,
    ...more,
  })

it('is what the one series changed beyond the other, and says that it is no proof', () => {
  const found = indication(days(30, 0.2))
  expect(found.certainty).toBe('an indication, not proof')
  expect(found.effect.interval![0]).toBeGreaterThan(0.1)
  expect(found.effect.interval![1]).toBeLessThan(0.3)
  expect(found.series.length, 'whole weeks, without the day itself').toBe(56)
  expect(found.series[0]).toMatchObject({ day: dayText(-28), period: 'before', touched: { people: 1000 } })
  expect(found.series.at(-1)).toMatchObject({ day: dayText(28), period: 'after' })
  expect(found.reached).toBeCloseTo(0.6, 12)
  expect(found.says).toMatch(
    /^Conversion a day at home\.hero before 2026-05-04 and after, beside all other visitors\. It changed by \+.*: an indication, not proof\. 60 % of the touchpoint's visitors were shown it: on them it is more\.$/,
  )
})

it('finds nothing where nothing was planted but a season and a rhythm, about as often as it says', () => {
  let held = 0
  for (let i = 0; i < 300; i++) {
    const [low, high] = indication(days(28, 0, `nothing ${i}`)).effect.interval!
    if (low <= 0 && high >= 0) held++
  }
  expect(held / 300).toBeGreaterThan(0.92)
  expect(held / 300).toBeLessThan(0.98)
})

it('says what it needs where it cannot be given, and never anything that is no number', () => {
  const all = days(30)
  const nobody = { people: 0, sum: 0, count: 0 }
  const cases = {
    'never before': indication(all.map(one => (one.day < dayText(0) ? { ...one, touched: nobody } : one))),
    'not yet': indication(all.filter(({ day }) => day <= dayText(2))),
    'no comparison': indication(all.map(one => ({ ...one, comparison: nobody }))),
    'no rates': indication(all, { missing: 3 }),
    'too many': indication([], { tooMany: true, changed: null }),
    'not by day': indication([], {
      metric: { type: 'conversion', event: '*', delay: '7d', window: '7d' },
      changed: null,
    }),
    'no orders': indication(all, { metric: { type: 'mean', event: 'Order Completed', property: 'total' } }),
    'nobody buys': indication(all.map(one => ({ ...one, touched: { ...one.touched, sum: 0 } }))),
  }
  expect(cases['never before'].says).toContain('of the time before 0 whole days have visitors of both kinds')
  expect(cases['not yet'].says).toContain('since then 2 whole days have')
  expect(cases['no comparison'].says).toContain('choose another comparison')
  expect(cases['too many'].says).toContain('Hold it against the visitors of one other touchpoint')
  // One person may have lost amounts on several days: it is no number of people.
  expect(cases['no rates'].says).toMatch(/: some amounts have no rate\. Import the daily rates\.$/)
  expect(cases['not by day'].says).toContain('does not add up day by day')
  expect(cases['no orders'].effect.reason).toBe('no-events')
  expect(cases['nobody buys'].effect.reason).toBe('zero-control-mean')
  expect(unspeakable(cases)).toEqual([])
})
