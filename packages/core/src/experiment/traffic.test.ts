import { describe, expect, it } from 'vitest'
import { power } from './power.ts'
import { type TrafficQuestion, trafficAdvice } from './traffic.ts'

const share = (metric: string, mean: number) => ({ metric, mean, standardDeviation: Math.sqrt(mean * (1 - mean)) })

const shop: TrafficQuestion = {
  peopleAWeek: 1500,
  goal: share('Orders', 0.03),
  control: 0.1,
  variants: 2,
  worthwhile: 0.1,
  others: [share('Clicks', 0.35), share('Refunds', 0.002)],
}

describe('a small shop', () => {
  const advice = trafficAdvice(shop)

  it('learns which lifts it can find after how many weeks', () => {
    expect(advice.horizon.map(({ weeks }) => weeks)).toEqual([1, 2, 4, 8, 13, 26, 52])
    const found = advice.horizon.map(({ anytime }) => anytime)
    found.slice(1).forEach((lift, i) => {
      if (found[i] !== null) expect(lift!).toBeLessThan(found[i]!)
    })
    const year = advice.horizon.at(-1)!
    expect(year.people).toBe(78_000)
    expect(year.fixed!).toBeLessThan(year.anytime!)
    const plan = { ...shop.goal, controlShare: 0.1, treatmentShare: 0.45 }
    expect(power(year.anytime!, year.people, plan)).toBeCloseTo(0.8, 3)
  })

  it('learns that a tenth more orders takes years, and what to do instead', () => {
    expect(advice.enough).toBe(false)
    expect(advice.weeksNeeded).toBeGreaterThan(52)
    expect(advice.instead.map(({ code, metric }) => metric ?? code)).toEqual([
      'Clicks',
      'one-variant',
      'even-split',
      'bolder-change',
      'before-after',
    ])
    const [clicks] = advice.instead
    expect(clicks!.weeksNeeded).toBeLessThan(advice.weeksNeeded! / 10)
    expect(advice.instead.at(-1)?.message).toContain('an indication, not proof')
    expect(advice.instead.at(-2)?.message).toContain('more than doubles the goal')
    const more = trafficAdvice({ ...shop, peopleAWeek: 15_000 })
    expect(more.instead.at(-2)?.message).toMatch(/a lift of \+\d+\.\d %: in 8 weeks/)
  })

  it('adjusting for before helps where before foretells', () => {
    const regulars = trafficAdvice({ ...shop, goal: { ...shop.goal, correlationBefore: 0.8 } })
    const adjust = regulars.instead.find(({ code }) => code === 'adjust-for-before')
    // Of the variance 1 - .8² is left; and weeks shrink a little more, because the threshold does with fewer people.
    expect(adjust!.weeksNeeded! / advice.weeksNeeded!).toBeLessThan(0.37)
  })
})

it('a share of people that is high cannot be told to double', () => {
  const question = { ...shop, goal: { ...share('Logins', 0.63), ceiling: 1 }, peopleAWeek: 24 }
  const { horizon, instead } = trafficAdvice(question)
  const week = (weeks: number) => horizon.find(one => one.weeks === weeks)!
  expect(week(2).fixed).toBeNull()
  expect(week(52).fixed!).toBeLessThan(1 / 0.63 - 1)
  expect(instead.at(-2)?.message).toBe('In 8 weeks no change of Logins could be told from chance here, however large.')
})

it('no traffic is enough for a worthwhile lift that there cannot be', () => {
  const goal = { ...share('Logins', 0.97), ceiling: 1 }
  const { weeksNeeded, enough, instead } = trafficAdvice({ ...shop, goal, worthwhile: 0.05, peopleAWeek: 1_000_000 })
  expect({ weeksNeeded, enough }).toEqual({ weeksNeeded: null, enough: false })
  // What can be found is less.
  expect(instead.at(-2)?.message).toMatch(/^Test changes bold enough for a lift of \+0\.\d %/)
  expect(trafficAdvice({ ...shop, goal, worthwhile: 0.03, peopleAWeek: 1_000_000 }).enough).toBe(true)
})

it('of a goal of which less is better it tells the falls that can be found', () => {
  const question = { ...shop, goal: { ...share('Churn', 0.24), ceiling: 1 }, direction: 'down' as const }
  const { horizon, weeksNeeded, instead } = trafficAdvice(question)
  const found = horizon.flatMap(({ anytime }) => anytime ?? [])
  expect(found.length).toBeGreaterThan(3)
  expect(found.every(lift => lift < 0 && lift > -1)).toBe(true)
  const plan = { ...question.goal, controlShare: 0.1, treatmentShare: 0.45 }
  const year = horizon.at(-1)!
  expect(power(year.anytime!, year.people, plan)).toBeCloseTo(0.8, 3)
  expect(instead.at(-2)?.message).toMatch(/a lift of -\d+\.\d %: in 8 weeks/)
  // A rise of as much differs more from person to person than a fall.
  expect(weeksNeeded!).toBeLessThan(trafficAdvice({ ...question, direction: 'up' }).weeksNeeded!)
  const lone = trafficAdvice({ ...question, peopleAWeek: 1 })
  expect(lone.instead.at(-2)?.message).toContain('no change of Churn')
})

it('much traffic needs no advice', () => {
  const advice = trafficAdvice({ ...shop, peopleAWeek: 1_000_000 })
  expect(advice).toMatchObject({ enough: true, weeksNeeded: 1, instead: [] })
})

describe('where nothing can be found', () => {
  it('nobody comes', () => {
    const advice = trafficAdvice({ ...shop, peopleAWeek: 0 })
    expect(advice.weeksNeeded).toBeNull()
    expect(advice.horizon.every(({ anytime, fixed }) => anytime === null && fixed === null)).toBe(true)
    expect(advice.instead.map(({ code }) => code)).toEqual(['bolder-change', 'before-after'])
  })

  it('nobody ever did it', () => {
    const advice = trafficAdvice({ ...shop, goal: share('Orders', 0) })
    expect(advice.weeksNeeded).toBeNull()
    expect(advice.instead[0]).toMatchObject({ code: 'closer-metric', metric: 'Clicks' })
    expect(JSON.parse(JSON.stringify(advice))).toEqual(advice)
  })

  it('a question that makes no sense is refused', () => {
    expect(() => trafficAdvice({ ...shop, variants: 0 })).toThrow(RangeError)
    expect(() => trafficAdvice({ ...shop, worthwhile: 0 })).toThrow(RangeError)
    expect(() => trafficAdvice({ ...shop, control: 1 })).toThrow(RangeError)
  })
})
