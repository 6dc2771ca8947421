import type { Metric } from '@espalier/core/definition'
import type { DecisionRow } from '@espalier/core/stream'
import { describe, expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, HOUR, link, NOON, ship } from './harness.ts'

const decision = (row: Partial<DecisionRow> & Pick<DecisionRow, 'workspace'>, at: [string, string][]): DecisionRow => ({
  profile: 'ada',
  timestamp: NOON,
  request_id: fresh('request'),
  bucket_key: 'ada',
  definitions: 1,
  context: {},
  inputs: {},
  'answers.touchpoint': at.map(([touchpoint]) => touchpoint),
  'answers.experience': at.map(([, experience]) => experience),
  'answers.version': at.map(() => 1),
  'answers.variant': at.map(() => ''),
  'answers.reason': at.map(() => 'split'),
  'answers.propensity': at.map(() => 1),
  'answers.control': at.map(() => false),
  'answers.holdout': at.map(() => false),
  'answers.model': at.map(() => ''),
  ...row,
})

/** What the optimizer asks. */
export function optimizerContract(warehouse: () => Warehouse): void {
  describe('activity', () => {
    it('counts by periods of 24 hours back from now, the latest last, and people over the last of them', async () => {
      const workspace = fresh('activity')
      const both: [string, string][] = [
        ['hero', 'spring'],
        ['cart', ''],
      ]
      await ship(warehouse(), 'decisions', [
        decision({ workspace, timestamp: NOON - 1 }, both),
        decision({ workspace, timestamp: NOON - DAY }, both),
        decision({ workspace, timestamp: NOON - DAY - 1, profile: 'bob' }, [['hero', 'spring']]),
        decision({ workspace, timestamp: NOON - 3 * DAY, profile: 'old' }, [['hero', 'spring']]),
        decision({ workspace, timestamp: NOON - 3 * DAY - 1, profile: 'older' }, [['hero', 'spring']]),
        decision({ workspace, timestamp: NOON, profile: 'later' }, both),
      ])
      await ship(warehouse(), 'exposures', [
        exposure({ workspace, timestamp: NOON - HOUR }),
        exposure({ workspace, timestamp: NOON - 2 * HOUR, experience: 'autumn' }),
      ])
      await ship(warehouse(), 'events', [
        event({ workspace, timestamp: NOON - 2 * DAY - 1 }),
        event({ workspace, timestamp: NOON - 1, name: 'Other' }),
      ])
      await ship(warehouse(), 'identity_links', [link({ workspace, source: 'bob', canonical: 'ada', at: NOON })])
      const found = await warehouse().activity({
        workspace,
        now: NOON,
        days: 3,
        peopleDays: 2,
        events: ['Order Completed'],
      })
      const sorted = <T>(rows: readonly T[]) =>
        [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      expect(sorted(found.decided)).toEqual([
        { touchpoint: 'cart', experience: '', counts: [0, 0, 2] },
        { touchpoint: 'hero', experience: 'spring', counts: [1, 1, 2] },
      ])
      expect(sorted(found.exposed)).toEqual([
        { experience: 'autumn', counts: [0, 0, 1] },
        { experience: 'spring', counts: [0, 0, 1] },
      ])
      expect(found.events).toEqual([{ name: 'Order Completed', counts: [1, 0, 0] }])
      // Bob became Ada.
      expect(sorted(found.people)).toEqual([
        { touchpoint: 'cart', experience: '', people: 1 },
        { touchpoint: 'hero', experience: '', people: 1 },
        { touchpoint: 'hero', experience: 'spring', people: 1 },
      ])
    })

    it('R13 of one workspace only; of nothing there is nothing', async () => {
      const found = await warehouse().activity({
        workspace: fresh('empty'),
        now: NOON,
        days: 3,
        peopleDays: 2,
        events: [],
      })
      expect(found).toEqual({ decided: [], exposed: [], events: [], people: [] })
    })
  })

  describe('segmentArms', () => {
    const orders: Metric = { type: 'conversion', event: 'Order Completed', window: '7d' }
    const crossing = (workspace: string, profile: string, name: string, timestamp: number) =>
      event({ workspace, profile, name, type: 'segment', timestamp, properties: { segment: 'pro' } })

    it('by the segments people were in at their first exposure, in and out together as impact has them', async () => {
      const workspace = fresh('segments')
      const people = ['in', 'left', 'late', 'never', 'held', 'two']
      await ship(warehouse(), 'exposures', [
        ...people.filter(profile => profile !== 'held').map(profile => exposure({ workspace, profile })),
        exposure({ workspace, profile: 'held', control: true, variant: '' }),
        exposure({ workspace, profile: 'two', control: true, variant: '', timestamp: NOON + HOUR }),
        exposure({ workspace, profile: 'nobody', holdout: true, variant: '' }),
      ])
      await ship(warehouse(), 'identity_links', [link({ workspace, source: 'in-2', canonical: 'in', at: NOON })])
      const bought = (profile: string, at: number, total: number) =>
        event({ workspace, profile, timestamp: at, properties: { total } })
      await ship(warehouse(), 'events', [
        crossing(workspace, 'in-2', 'Segment Entered', NOON - DAY),
        crossing(workspace, 'left', 'Segment Entered', NOON - 2 * DAY),
        crossing(workspace, 'left', 'Segment Left', NOON - DAY),
        crossing(workspace, 'late', 'Segment Entered', NOON + 1),
        crossing(workspace, 'held', 'Segment Entered', NOON),
        bought('in-2', NOON + DAY, 30),
        bought('in', NOON + 2 * DAY, 5),
        bought('left', NOON + 8 * DAY, 7),
        bought('late', NOON - 1, 9),
        bought('never', NOON + DAY, 11),
        bought('held', NOON + DAY, 13),
      ])
      const question = { workspace, experience: 'spring', now: NOON + 30 * DAY }
      const found = await warehouse().segmentArms({ ...question, metric: orders, segments: ['pro'] })
      const short = (some: typeof found) =>
        some.map(({ dimension, value, arms }) => [
          `${dimension} ${value}`,
          ...arms.map(arm => [
            arm.control ? 'control' : arm.variant,
            arm.people,
            arm.conversions,
            arm.sum,
            arm.sumSquares,
          ]),
        ])
      expect(short(found)).toEqual([
        ['pro in', ['control', 1, 1, 1, 1], ['bold', 1, 1, 1, 1]],
        ['pro out', ['control', 0, 0, 0, 0], ['bold', 4, 1, 1, 1]],
      ])
      const revenue: Metric = { type: 'sum', event: 'Order Completed', property: 'total', window: '7d' }
      const money = await warehouse().segmentArms({ ...question, metric: revenue, segments: ['pro'] })
      expect(short(money)).toEqual([
        ['pro in', ['control', 1, 1, 13, 169], ['bold', 1, 1, 35, 1225]],
        ['pro out', ['control', 0, 0, 0, 0], ['bold', 4, 1, 11, 121]],
      ])
      const whole = await warehouse().impact({ ...question, metric: revenue })
      for (const { control, sum, people: n } of whole.arms) {
        const parts = money.flatMap(({ arms }) => arms).filter(arm => arm.control === control)
        expect(parts.reduce((total, arm) => total + arm.sum, 0)).toBe(sum)
        expect(parts.reduce((total, arm) => total + arm.people, 0)).toBe(n)
      }
      const times = await warehouse().segmentArms({
        ...question,
        metric: { ...orders, type: 'count' },
        segments: ['pro'],
      })
      expect(times[0]?.arms.map(({ sum, sumSquares }) => [sum, sumSquares])).toEqual([
        [1, 1],
        [2, 4],
      ])
      const points: Metric = { type: 'count', event: 'Clicked', others: [{ event: 'Order Completed', points: 10 }] }
      const score = await warehouse().segmentArms({ ...question, metric: points, segments: ['pro'] })
      expect(score[0]?.arms.map(({ sum, sumSquares }) => [sum, sumSquares])).toEqual([
        [10, 100],
        [20, 400],
      ])
    })

    it.each([
      ['with the version, strata', 0.75, ['0 undefined', '0 undefined', '1 undefined', '1 undefined']],
      [
        'from person to person, weights, and strata by who is left out',
        0.6,
        ['0 30.00', '0 30.00', '1 22.33', '1 60.00'],
      ],
    ] as const)('where chances changed %s, as the whole has them', async (_, other, expected) => {
      const workspace = fresh('segments')
      const all = Array.from({ length: 60 }, (_, i) => ({
        profile: `p${i}`,
        version: 1 + (i % 2),
        propensity: i % 2 === 0 ? 0.5 : i % 4 === 1 ? 0.25 : i % 8 === 3 ? 0.75 : other,
        ...(i % 4 < 2 && { control: true, variant: '' }),
      }))
      const exposures = all.map(one => exposure({ workspace, ...one }))
      const bought = all.filter((_, i) => i % 3 === 0)
      await ship(warehouse(), 'exposures', exposures)
      await ship(warehouse(), 'events', [
        ...all.slice(0, 30).map(({ profile }) => crossing(workspace, profile, 'Segment Entered', NOON - DAY)),
        ...bought.map(({ profile }) => event({ workspace, profile, timestamp: NOON + HOUR })),
      ])
      const question = { workspace, experience: 'spring', now: NOON + 30 * DAY, metric: orders }
      const { byChance = [] } = await warehouse().impact(question)
      const parts = await warehouse().segmentArms({ ...question, segments: ['pro'] })
      const wholes = byChance.map(whole => {
        const own = parts.map(({ arms }) =>
          arms.find(arm => arm.stratum === whole.stratum && arm.control === whole.control),
        )
        const sum = (of: (arm: typeof whole) => number) => own.reduce((total, arm) => total + of(arm!), 0)
        expect(sum(arm => arm.people)).toBe(whole.people)
        expect(sum(arm => arm.sum)).toBe(whole.sum)
        const { weights } = whole
        expect(own.map(arm => arm?.weights === undefined)).toEqual(Array(2).fill(weights === undefined))
        for (const name of weights ? (['sum', 'sumSquares', 'valueSum', 'valueSumSquares'] as const) : []) {
          expect(sum(arm => arm.weights![name])).toBeCloseTo(weights![name], 6)
        }
        return `${whole.stratum} ${weights?.sum.toFixed(2)}`
      })
      expect(wholes.sort()).toEqual(expected)
    })

    it('holds the arms against those left out of the whole programme, where that is asked for', async () => {
      const workspace = fresh('held')
      await ship(warehouse(), 'exposures', [
        exposure({ workspace, profile: 'seen' }),
        exposure({ workspace, profile: 'left', control: true, variant: '' }),
        exposure({ workspace, profile: 'held', holdout: true, variant: '' }),
        exposure({ workspace, profile: 'held too', holdout: true, variant: '' }),
      ])
      const bought = (profile: string) => event({ workspace, profile, timestamp: NOON + HOUR })
      await ship(warehouse(), 'events', ['seen', 'left', 'held'].map(bought))
      const question = { workspace, experience: 'spring', now: NOON + 30 * DAY, metric: orders }
      const found = await warehouse().heldOutArms(question)
      expect(found).toMatchObject([
        { control: true, variant: '', people: 2, conversions: 1, sum: 1 },
        { control: false, variant: 'bold', people: 1, conversions: 1, sum: 1 },
      ])
      expect(await warehouse().heldOutArms({ ...question, metric: { ...orders, absent: true } })).toEqual([])
    })

    it('has nothing for metrics that do not add up over people', async () => {
      const question = { workspace: fresh('segments'), experience: 'spring', now: NOON, segments: ['pro'] }
      const mean: Metric = { type: 'mean', event: 'Order Completed', property: 'total' }
      expect(await warehouse().segmentArms({ ...question, metric: mean })).toEqual([])
      expect(await warehouse().segmentArms({ ...question, metric: { ...orders, absent: true } })).toEqual([])
      expect(await warehouse().segmentArms({ ...question, metric: { type: 'time', event: '*' } })).toEqual([])
    })
  })
}
