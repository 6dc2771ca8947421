import { describe, expect, it } from 'vitest'
import type { ArmStatistics } from '../experiment/arm.ts'
import { impact } from '../experiment/impact.ts'
import { resultCsv } from './csv.ts'
import { type PageInput, resultPage } from './page.ts'

const metric = { type: 'conversion', event: 'Order Completed', name: 'Conversion' } as const
const complaints = { type: 'conversion', event: 'Complained', name: 'Complaints', direction: 'down' } as const

function arm(variant: string, people: number, conversions: number, expected = people): ArmStatistics {
  const control = variant === ''
  const sums = { sum: conversions, sumSquares: conversions }
  return { variant, control, people, exposures: people, conversions, ...sums, expected }
}

const NOW = Date.UTC(2026, 5, 1)

function page(arms: readonly ArmStatistics[], more: Partial<PageInput> = {}) {
  return resultPage({
    experience: { key: 'hero' },
    status: 'running',
    report: impact(arms, { metric, days: 10 }),
    role: 'goal',
    guardrails: [],
    fixed: {
      version: 1,
      at: 0,
      metric: 'bought',
      metricVersion: 1,
      worthwhile: 0.01,
      people: 5000,
      confidence: 0.95,
      changes: [],
    },
    last: NOW - 1000,
    until: NOW,
    ...more,
  })
}

it('of a quantile whose chances changed asks for the time since then: waiting does not help', () => {
  const metric = { type: 'quantile', event: 'Loaded', name: 'Load time' } as const
  const of = (control: boolean, value: number) => {
    const clusters = { people: 900, below: 450, belowSquares: 450, countSquares: 900, belowTimesCount: 450 }
    const variant = control ? '' : 'a'
    return { variant, control, level: 0.5, count: 900, value, lower: value - 1, upper: value + 1, clusters }
  }
  const arms = [
    { ...arm('', 900, 900), stratum: '0' },
    { ...arm('a', 900, 900), stratum: '1' },
  ]
  const quantiles = { arms: [of(true, 100), of(false, 300)], together: of(false, 300) }
  const { answer, next } = page(arms, { report: impact(arms, { metric, quantiles, days: 10 }) })
  expect(answer).toMatchObject({ verdict: 'too-early', certainty: null })
  expect(answer.sentence).toContain('that may be a matter of who came when')
  expect(next).toMatchObject({ do: 'look', at: 'time' })
})

describe('which variant to ship', () => {
  const arms = [arm('', 9000, 900), arm('a', 9000, 1300), arm('b', 9000, 1500)]
  const asked = (variants: string[], chooses = false) =>
    page(arms, { experience: { key: 'hero', offered: { variants, chooses } } }).next

  it('is one that there is, and none where the policy chooses for each person', () => {
    expect(asked(['a', 'b'])).toMatchObject({ do: 'ship', variant: 'b' })
    expect(asked(['a', 'c'])).toMatchObject({ do: 'ship', variant: 'a' })
    expect(asked(['a', 'b'], true)).toEqual({
      do: 'ship',
      says: 'Ship it: show it to everybody, and keep a small control group.',
    })
  })

  it('is the one of the greater lift, though the other came when more was bought anyway', () => {
    const then = (stratum: string, ...some: ArmStatistics[]) => some.map(one => ({ ...one, stratum }))
    const report = impact(
      [
        ...then('0', arm('', 20_000, 1000), arm('a', 20_000, 1600)),
        ...then('1', arm('', 20_000, 8000), arm('b', 20_000, 9000)),
      ],
      { metric },
    )
    expect(report.variants.map(({ verdict }) => verdict.verdict)).toEqual(['works', 'works'])
    expect(page([], { report }).next).toMatchObject({ do: 'ship', variant: 'a' })
  })
})

it('those for whom a policy chose nothing are no second control group, and not blamed', () => {
  const nothing = { ...arm('', 9000, 700), control: false }
  const report = impact([arm('', 9000, 900), nothing, arm('a', 9000, 900)], { metric, isRollout: true, days: 10 })
  expect(report.variants[0]).toMatchObject({ variant: '', verdict: { verdict: 'hurts' } })
  const found = page([], { report, guardrails: [{ key: 'bought', report }] })
  expect(found.numbers.slice(0, 4).map(one => one.arm)).toEqual(['', 'default', 'a', 'all'])
  expect(resultCsv(found)).toContain('number,bought,goal,default,9000')
  expect(found.next).toMatchObject({ do: 'look', at: 'traffic' })
  expect(found.checks.find(({ check }) => check === 'guardrail')).toMatchObject({ passed: true })
})

describe('what to do next', () => {
  it.each([
    ['ship what works', [arm('', 10_000, 1000), arm('a', 10_000, 1400)], { do: 'ship' }],
    [
      'ship the best of several',
      [arm('', 9000, 900), arm('a', 9000, 1300), arm('b', 9000, 1500)],
      { do: 'ship', variant: 'b' },
    ],
    ['stop what hurts', [arm('', 10_000, 1400), arm('a', 10_000, 1000)], { do: 'stop' }],
    ['stop what makes no difference', [arm('', 1e8, 1e7), arm('a', 1e8, 1e7 + 100)], { do: 'stop' }],
    ['wait so many days', [arm('', 5000, 500), arm('a', 5000, 560)], { do: 'wait', days: expect.any(Number) }],
    ['look for a control group', [arm('a', 1000, 100)], { do: 'look', at: 'control' }],
    ['look at the sizes', [arm('', 1000, 100, 2000), arm('a', 2000, 400, 1000)], { do: 'look', at: 'sample-ratio' }],
    ['look at the tracking', [arm('', 1000, 0), arm('a', 1000, 0)], { do: 'look', at: 'tracking' }],
    ['look for traffic', [arm('', 300, 100), arm('a', 300, 101)], { do: 'look', at: 'traffic' }],
    [
      'keep the one that works though together they make no difference',
      [arm('', 1e8, 1e7), arm('a', 1e8, 1.2e7), arm('b', 1e8, 0.8e7)],
      { do: 'look', at: 'variant', variant: 'a', says: expect.stringContaining('a works') },
    ],
    [
      'keep the one that works',
      [arm('', 9000, 900), arm('a', 9000, 1200), arm('b', 90_000, 6000)],
      { do: 'look', at: 'variant', variant: 'a' },
    ],
    ['wait for somebody', [], { do: 'look', at: 'tracking' }],
  ])('%s', (_, arms, next) => {
    expect(page(arms).next).toMatchObject(next)
  })

  it('where nobody in one of the groups did it there is no interval of the lift, but a certainty and a true reason', () => {
    const none = impact([arm('', 400, 40), arm('a', 400, 0)], { metric, days: 10 })
    const hurts = page([], { report: none }).answer
    expect(hurts).toMatchObject({ verdict: 'hurts', certainty: 0.95 })
    expect(hurts.sentence).toBe(
      'It hurts: Conversion is 0.00 % for those who see it and 10.00 % for the control group, a lift of -100 %, and with 95 % certainty that is not chance, however often one looks.',
    )
    expect(none.warnings).toEqual([
      {
        code: 'zero-mean',
        variant: 'a',
        message: 'The KPI of a is 0, and a lift of -100 % has no interval; see the difference.',
      },
    ])
    const works = page([arm('', 400, 0), arm('a', 400, 40)]).answer
    expect(works).toMatchObject({ verdict: 'works', certainty: 0.95 })
    expect(works.sentence).toContain('and 0.00 % for the control group, and with 95 % certainty that is not chance')
  })

  it('guardrails that are called the same are told apart by their keys', () => {
    const arms = [arm('', 10_000, 1000), arm('a', 10_000, 1010)]
    const report = impact(arms, { metric: { type: 'count', event: 'Bought' } })
    const guardrails = ['orders', 'revenue'].map(key => ({ key, report }))
    const alone = { key: 'complaints', report: impact(arms, { metric: complaints }) }
    const says = page(arms, { guardrails: [...guardrails, alone] }).checks.flatMap(({ metric, says }) =>
      metric === undefined ? [] : says,
    )
    expect(says).toEqual([
      'Bought (orders) is not hurt as far as can be seen.',
      'Bought (revenue) is not hurt as far as can be seen.',
      'Complaints is not hurt as far as can be seen.',
    ])
  })

  it('a guardrail that is hurt comes before shipping, and ends what gains nothing', () => {
    const hurt = impact([arm('', 10_000, 100), arm('a', 10_000, 400)], { metric: complaints })
    const guardrails = [{ key: 'complaints', report: hurt }]
    const works = page([arm('', 10_000, 1000), arm('a', 10_000, 1400)], { guardrails })
    expect(works.next).toMatchObject({ do: 'look', at: 'guardrail' })
    expect(works.checks).toContainEqual({
      check: 'guardrail',
      metric: 'complaints',
      passed: false,
      says: 'Complaints is hurt.',
    })
    expect(page([arm('', 1000, 100), arm('a', 1000, 110)], { guardrails }).next.do).toBe('stop')
    const unknown = page([arm('', 10_000, 1000), arm('a', 10_000, 1400)], {
      guardrails: [{ key: 'complaints', report: null, missing: 'USD' }],
    })
    expect(unknown.next.do).toBe('ship')
    expect(unknown.checks.at(-1)).toMatchObject({
      passed: null,
      says: 'complaints cannot be added up: no rate for USD.',
    })
  })

  it('open windows and a draft come first', () => {
    const half = (variant: string, people: number, did: number) => ({
      ...arm(variant, people, did),
      matured: people / 10,
    })
    const early = page([half('', 10_000, 1000), half('a', 10_000, 1400)], { window: 14 * 86_400_000 })
    expect(early.next).toMatchObject({ do: 'wait', days: 14 })
    expect(page([], { status: 'draft' }).next.do).toBe('start')
  })

  it('of an absence nobody counts before windows have closed, which is not that nobody saw it', () => {
    const churn = {
      type: 'conversion',
      event: 'Order Completed',
      absent: true,
      window: '14d',
      direction: 'down',
    } as const
    const open = (variant: string, people: number) => ({ ...arm(variant, 0, 0), open: people })
    const waiting = impact([open('', 40), open('a', 60)], { metric: churn })
    const asked = { report: waiting, window: 14 * 86_400_000, first: NOW - 3.5 * 86_400_000, last: NOW }
    const { question, answer, checks, next } = page([], asked)
    expect(question).toBe('Does hero lower no Order Completed?')
    expect(waiting.open).toBe(100)
    expect(answer).toMatchObject({ verdict: null, label: 'Nothing counted yet' })
    expect(answer.sentence).toMatch(/^100 people saw this experience, and nobody's window has closed yet/)
    expect(waiting.sentence).toBe(answer.sentence)
    expect(next).toMatchObject({ do: 'wait', days: 11 })
    expect(checks.find(({ check }) => check === 'tracking')).toMatchObject({ passed: null })
    expect(checks.find(({ check }) => check === 'sample-ratio')!.says).toContain('too few people so far')
    const noControl = impact([open('', 40), { ...arm('a', 3, 1), open: 57 }], { metric: churn })
    expect(page([], { ...asked, report: noControl })).toMatchObject({
      answer: { verdict: null, sentence: expect.stringContaining('control group has closed yet') },
      next: { do: 'wait' },
    })
    const silent = page([], { ...asked, last: NOW - 4 * 86_400_000 })
    expect(silent.checks.find(({ check }) => check === 'tracking')).toMatchObject({ passed: false })
  })

  it('of a time in which nobody saw it nothing is said of other times', () => {
    const limited = impact([], { metric, limited: true })
    const { answer, checks, next } = page([], { report: limited })
    expect(answer).toMatchObject({ label: 'Nothing seen', sentence: 'Nobody saw this experience within that time.' })
    expect(limited.sentence).toBe(answer.sentence)
    expect(next).toMatchObject({ do: 'look', at: 'time' })
    expect(checks.filter(({ check }) => check === 'two-arms' || check === 'tracking')).toEqual([
      { check: 'two-arms', passed: null, says: 'Nobody was seen within that time.' },
      { check: 'tracking', passed: null, says: 'No exposure is of that time.' },
    ])
  })

  it('silence is noticed while it runs', () => {
    const arms = [arm('', 1000, 100), arm('a', 1000, 110)]
    const quiet = page(arms, { last: NOW - 4 * 86_400_000 })
    expect(quiet.next).toMatchObject({ do: 'look', at: 'tracking', says: expect.stringContaining('2026-05-28') })
    expect(page(arms, { last: NOW - 4 * 86_400_000, status: 'ended' }).next.do).toBe('wait')
  })
})

describe('while it is too early', () => {
  it('says what so many people a week can find, and what to test instead', () => {
    const { traffic, next } = page([arm('', 100, 30), arm('a', 900, 273)], { days: 70 })
    expect(traffic!.horizon.map(({ weeks, people }) => [weeks, people])).toContainEqual([8, 800])
    expect(traffic!.enough).toBe(false)
    expect(next).toMatchObject({
      do: 'look',
      at: 'traffic',
      says: expect.stringContaining(traffic!.instead[0]!.message),
    })
    expect(page([arm('', 10_000, 1000), arm('a', 10_000, 1400)], { days: 70 }).traffic).toBeNull()
    expect(page([arm('', 100, 0), arm('a', 900, 2)], { days: 70 }).traffic).toBeNull()
  })
})

describe('the table', () => {
  it('is one, with a line for each part, and takes no name for a formula', () => {
    const hero = page([arm('', 1000, 100), arm('a,"b"', 1000, 110)], {
      fixed: { ...page([]).fixed, metric: '=1+1', changes: [{ what: 'goal', version: 3, from: 'a', to: null }] },
    })
    const lines = resultCsv(hero).split('\r\n')
    const columns = lines[0]!.split(',').length
    expect(lines.at(-1)).toBe('')
    expect(lines[1]).toBe(`question${','.repeat(columns - 1)}Does hero raise Conversion?`)
    expect(lines.find(line => line.startsWith('fixed'))).toContain("'=1+1")
    expect(lines.find(line => line.startsWith('fixed'))).toContain('goal was changed in version 3 (a to unset)')
    expect(lines.filter(line => line.startsWith('number'))).toHaveLength(2)
    expect(lines.find(line => line.startsWith('number') && line.includes('"a,""b"""'))).toMatch(/,1000,1000,110,0\.11,/)
  })
})
