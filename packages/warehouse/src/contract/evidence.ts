import type { Metric } from '@espalier/core/definition'
import { trendWeights } from '@espalier/core/experiment'
import { expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, HOUR, link, NOON, ship } from './harness.ts'

export function evidenceContract(warehouse: () => Warehouse): void {
  const spent: Metric = { type: 'sum', event: 'Order Completed', property: 'total' }
  const question = (workspace: string) => ({ workspace, experience: 'spring', metric: spent, now: NOON + 300 * DAY })

  it('tells people apart by what they were at their first exposure', async () => {
    const workspace = fresh('evidence')
    const says = (profile: string, timestamp: number, plan: unknown) =>
      event({ workspace, profile, timestamp, type: 'identify', name: '', properties: { plan } as never })
    const once = (profile: string, timestamp: number, plan: unknown) =>
      event({ workspace, profile, timestamp, type: 'identify', name: '', properties: { $set_once: { plan } } as never })
    const crosses = (profile: string, timestamp: number, name: string) =>
      event({ workspace, profile, timestamp, type: 'segment', name, properties: { segment: 'vip' } })
    const order = (profile: string, total: number) =>
      event({ workspace, profile, timestamp: NOON + HOUR, properties: { total } })
    const control = { control: true, variant: '' }
    await ship(warehouse(), 'exposures', [
      exposure({ workspace, profile: 'ada' }),
      exposure({ workspace, profile: 'bob', ...control }),
      exposure({ workspace, profile: 'cyd' }),
      exposure({ workspace, profile: 'old' }),
      exposure({ workspace, profile: 'dan', request_id: 'seen by dan' }),
      exposure({ workspace, profile: 'eve' }),
    ])
    await ship(warehouse(), 'identity_links', [link({ workspace, source: 'phone', canonical: 'old', at: NOON + DAY })])
    await ship(warehouse(), 'events', [
      says('ada', NOON - DAY, 'pro'),
      says('ada', NOON - 2 * DAY, 'free'),
      // Later it may be the effect.
      says('bob', NOON - DAY, 'free'),
      says('bob', NOON + 1, 'pro'),
      says('cyd', NOON, 7),
      // A list is no one value.
      says('dan', NOON - DAY, ['pro']),
      // Said on a device that turned out to be theirs.
      says('phone', NOON - DAY, 'pro'),
      // Of what is said once the first, and nothing where anything else is said.
      once('eve', NOON - DAY, 'later'),
      once('eve', NOON - 2 * DAY, 'trial'),
      once('ada', NOON - HOUR, 'trial'),
      crosses('ada', NOON - DAY, 'Segment Entered'),
      crosses('bob', NOON - DAY, 'Segment Entered'),
      crosses('bob', NOON - HOUR, 'Segment Left'),
      crosses('cyd', NOON + 1, 'Segment Entered'),
      ...[order('ada', 3), order('ada', 4), order('bob', 2), order('phone', 1)],
    ])
    await ship(warehouse(), 'decisions', [
      {
        workspace,
        profile: 'dan',
        timestamp: NOON,
        request_id: 'seen by dan',
        bucket_key: '',
        definitions: 1,
        context: { device: { type: 'phone' } },
        inputs: {},
        'answers.touchpoint': ['home.hero'],
        'answers.experience': ['spring'],
        'answers.version': [1],
        'answers.variant': ['bold'],
        'answers.reason': ['assigned'],
        'answers.propensity': [0.5],
        'answers.control': [false],
        'answers.holdout': [false],
        'answers.model': [''],
      },
    ])
    const { cells, missing } = await warehouse().evidenceCells({
      ...question(workspace),
      by: [
        { kind: 'trait', key: 'plan' },
        { kind: 'segment', key: 'vip' },
        { kind: 'context', key: 'device.type' },
      ],
    })
    expect(missing).toBe(0)
    const told = new Map<string, number[]>()
    for (const { values, arm } of cells) {
      const key = `${arm.control ? 'control' : arm.variant} ${values.join(' ')}`
      const [people = 0, sum = 0, squares = 0] = told.get(key) ?? []
      told.set(key, [people + arm.people, sum + arm.sum, squares + arm.sumSquares])
    }
    expect(Object.fromEntries(told)).toEqual({
      'bold pro in unknown': [1, 7, 49],
      'control free out unknown': [1, 2, 4],
      'bold 7 out unknown': [1, 0, 0],
      'bold pro out unknown': [1, 1, 1],
      'bold unknown out phone': [1, 0, 0],
      'bold trial out unknown': [1, 0, 0],
    })
    expect(
      await warehouse().evidenceCells({ ...question(fresh('none')), by: [{ kind: 'trait', key: 'plan' }] }),
    ).toEqual({
      cells: [],
      missing: 0,
    })
  })

  it('where chances changed with the version tells its strata, and where they differ within one the weights', async () => {
    const control = { control: true, variant: '' }
    const exposed = async (of: (i: number) => object) => {
      const workspace = fresh('evidence')
      await ship(
        warehouse(),
        'exposures',
        Array.from({ length: 80 }, (_, i) => exposure({ workspace, profile: `p${i}`, ...of(i) })),
      )
      const asked = { ...question(workspace), by: [{ kind: 'trait' as const, key: 'plan' }] }
      const { cells } = await warehouse().evidenceCells(asked)
      const days = await warehouse().evidenceDays({ ...question(workspace), days: 2 })
      const arms = cells.map(
        ({ arm: { stratum, weights, people } }) => [stratum, weights && weights.sum / people] as const,
      )
      return [arms, days.map(({ stratum, weight }) => [stratum, weight] as const)].map(all => {
        return [...new Set(all.map(([stratum, weight]) => `${stratum} ${weight?.toFixed(3)}`))].sort()
      })
    }
    const byVersion = await exposed(i => ({
      version: 1 + (i % 2),
      propensity: [0.5, i % 4 === 1 ? 0.25 : 0.75][i % 2],
      ...(i % 4 < 2 && control),
    }))
    expect(byVersion).toEqual([
      ['0 undefined', '1 undefined'],
      ['0 undefined', '1 undefined'],
    ])
    const byPerson = await exposed(i => ({ propensity: [0.25, 0.75][i % 2], ...(i % 4 < 2 && control) }))
    expect(byPerson).toEqual([
      ['undefined 1.333', 'undefined 4.000'],
      ['undefined 1.333', 'undefined 4.000'],
    ])
    const alike = await exposed(i => ({ version: 1 + (i % 2), propensity: 0.5, ...(i % 4 < 2 && control) }))
    expect(alike).toEqual([['undefined undefined'], ['undefined undefined']])
  })

  it('adds up day by day since each one’s first exposure, of those of whom all days have passed', async () => {
    const workspace = fresh('evidence')
    const order = (profile: string, timestamp: number, total: number) =>
      event({ workspace, profile, timestamp, properties: { total } })
    await ship(warehouse(), 'exposures', [
      exposure({ workspace, profile: 'ada' }),
      exposure({ workspace, profile: 'bob', timestamp: NOON + DAY }),
      exposure({ workspace, profile: 'late', timestamp: NOON + 2 * DAY + 1 }),
      exposure({ workspace, profile: 'cyd', control: true, variant: '' }),
    ])
    await ship(warehouse(), 'events', [
      ...[order('ada', NOON - 1, 99), order('ada', NOON, 3), order('ada', NOON + HOUR, 1)],
      ...[order('ada', NOON + 2 * DAY, 2), order('ada', NOON + 3 * DAY, 99)],
      ...[order('bob', NOON + DAY + 1, 5), order('late', NOON + 3 * DAY, 99)],
    ])
    const [, slope] = [trendWeights(3)[1], trendWeights(3)[2]!]
    const asked = { ...question(workspace), now: NOON + 5 * DAY, days: 3 }
    expect(await warehouse().evidenceDays(asked)).toEqual([
      {
        variant: '',
        control: true,
        people: 1,
        days: Array.from({ length: 3 }, () => ({ sum: 0, sumSquares: 0 })),
        trendSum: 0,
        trendSumSquares: 0,
      },
      {
        variant: 'bold',
        control: false,
        people: 2,
        days: [
          { sum: 9, sumSquares: 41 },
          { sum: 0, sumSquares: 0 },
          { sum: 2, sumSquares: 4 },
        ],
        trendSum: -slope * 4 + slope * 2 - slope * 5,
        trendSumSquares: (-slope * 4 + slope * 2) ** 2 + (slope * 5) ** 2,
      },
    ])
    const bought: Metric = { type: 'conversion', event: 'Order Completed' }
    const [, bold] = await warehouse().evidenceDays({ ...asked, metric: bought })
    expect(bold?.days.map(({ sum }) => sum)).toEqual([2, 0, 1])
    expect(await warehouse().evidenceDays({ ...asked, workspace: fresh('none') })).toEqual([])
  })
}
