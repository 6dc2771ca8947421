import { describe, expect, it } from 'vitest'
import { DAY, experience, halves, metric, reportedShop, SEEN } from './testing.ts'

const shop = reportedShop(['open', 'fixed', 'never', 'same', 'one', 'empty', 'large', 'early', 'alone'])

interface Warning {
  readonly code: string
  readonly message: string
}

describe('what is fixed at launch', () => {
  it('is the goal, its definition and the worthwhile lift, until a new start', async () => {
    await shop.shown('fixed', halves(600, { bold: 120, control: 60 }))
    const first = await shop.report('fixed')
    expect(first.fixed).toMatchObject({
      version: 1,
      metric: 'bought',
      metricVersion: 1,
      worthwhile: 0.01,
      people: 5000,
      changes: [],
    })
    expect(first.answer).toMatchObject({ verdict: 'works', certainty: 0.95 })

    await shop.publish(
      metric('bought', { type: 'conversion', event: 'Clicked', window: '14d', name: 'Conversion' }),
      experience('fixed', { goal: 'clicked', plan: { worthwhile: 0.5, people: 100 } }),
    )
    const later = await shop.report('fixed')
    expect(later.verdict).toEqual(first.verdict)
    expect(later.fixed.changes.map(({ what, version }: { what: string; version: number }) => [what, version])).toEqual([
      ['goal', 2],
      ['worthwhile', 2],
      ['people', 2],
      ['metric', 2],
    ])
    expect(later.fixed.says).toContain('Fixed at launch at version 1: bought (version 1)')
    expect(later.fixed.says).toContain(
      'goal was changed in version 2 (bought to clicked), which counts only after a new start',
    )
    expect(later.checks).toContainEqual(expect.objectContaining({ check: 'fixed-at-launch', passed: false }))
    // Another metric may be looked at; it is none that was fixed.
    expect((await shop.report('fixed', '?metric=clicked')).numbers[0]).toMatchObject({
      role: 'asked',
      metric: 'clicked',
    })

    await shop.publish(experience('fixed', { goal: 'clicked', status: 'ended' }))
    expect((await shop.report('fixed')).fixed).toMatchObject({ version: 1, metric: 'bought' })
    await shop.publish(experience('fixed', { goal: 'clicked', plan: { worthwhile: 0.5 } }))
    const anew = await shop.report('fixed')
    expect(anew.fixed).toMatchObject({ version: 4, metric: 'clicked', worthwhile: 0.5, changes: [] })
    expect(anew.variants[0].people, 'whoever came before belongs to the earlier start').toBe(0)
    await shop.publish(
      metric('bought', { type: 'conversion', event: 'Order Completed', window: '14d', name: 'Conversion' }),
    )
  }, 300_000)
})

describe('the result page', () => {
  it('asks one question, answers it in one sentence, shows how it knows and says what to do', async () => {
    const page = await shop.report(
      'fixed',
      `?to=${new Date(SEEN + 1).toISOString()}&from=${new Date(SEEN).toISOString()}&metric=bought`,
    )
    expect(page.question).toBe('Does fixed raise Conversion?')
    expect(page.answer.sentence).toMatch(
      /^It works: Conversion is 40\.00 % for those who see it and 20\.00 % for the control group, a lift of \+100 %, and with 95 % certainty between \+\d.*, however often one looks\.$/,
    )
    expect(
      page.numbers.map(({ role, metric: name, arm, people, conversions }: Record<string, unknown>) => [
        role,
        name,
        arm,
        people,
        conversions,
      ]),
    ).toEqual([
      ['asked', 'bought', '', 300, 60],
      ['asked', 'bought', 'bold', 300, 120],
      ...['unsubscribes', 'complaints', 'contact-fatigue'].flatMap(name => [
        ['guardrail', name, '', 300, 0],
        ['guardrail', name, 'bold', 300, 0],
      ]),
    ])
    const passed = Object.fromEntries(
      page.checks.map((one: { check: string; passed: boolean | null }) => [one.check, one.passed]),
    )
    expect(passed).toMatchObject({ 'sample-ratio': true, 'two-arms': true, window: true, guardrail: null })
  })

  it('as a table, a line a part', async () => {
    const { text, headers } = await shop.server.get('/v1/experiences/fixed/impact?metric=bought&format=csv')
    expect(headers.get('content-type')).toContain('text/csv')
    const lines = text.trim().split('\r\n')
    expect(lines[0]).toMatch(/^part,metric,role,arm,people,/)
    expect(new Set(lines.slice(1).map(line => line.split(',')[0]))).toEqual(
      new Set(['question', 'answer', 'fixed', 'number', 'check', 'next']),
    )
  })

  it('a guardrail is on until a team publishes its own of that key', async () => {
    await shop.publish(metric('complaints', { type: 'conversion', event: 'Email Marked as Spam', guardrail: false }))
    const { numbers } = await shop.report('fixed')
    const names = numbers.map((row: { metric: string }) => row.metric)
    expect(names).toContain('unsubscribes')
    expect(names).not.toContain('complaints')
  })
})

describe('without a control group', () => {
  it('before and after, beside those who were not touched, is an indication: the verdict stays as it is', async () => {
    await shop.publish(experience('always', { control: 0 }))
    // On each day 50 people come to the touchpoint and 50 do not: 10 of either buy, and of those who are shown it 20.
    const launch = SEEN - 21 * DAY
    const rows = Array.from({ length: 30 }, (_, i) => i - 14).flatMap(day =>
      Array.from({ length: 100 }, (_, i) => {
        const isTouched = i < 50
        const userId = `always-${day}-${i}`
        const timestamp = new Date(launch + day * DAY).toISOString()
        // One more or less, from day to day.
        const buyers = (isTouched && day > 0 ? 20 : 10) + ((day * 7 + (isTouched ? 1 : 0)) % 3)
        const came = isTouched
          ? {
              type: 'decision',
              touchpoint: 'home.hero',
              experience: day < 0 ? 'earlier' : 'always',
              variant: 'bold',
              propensity: 1,
            }
          : { type: 'page', name: 'Home' }
        const bought = { type: 'track', userId, event: 'Order Completed', timestamp, properties: { total: 10 } }
        return [{ userId, timestamp, ...came }, ...(i % 50 < buyers ? [bought] : [])]
      }).flat(),
    )
    await shop.imported(rows)
    const { answer, indication, next, verdict } = await shop.report('always')
    expect(answer).toMatchObject({ verdict: null, label: 'No control group' })
    expect(verdict.verdict).toBe('too-early')
    expect(next).toMatchObject({ do: 'look', at: 'control' })
    expect(indication).toMatchObject({
      certainty: 'an indication, not proof',
      changed: new Date(launch).toISOString().slice(0, 10),
      touchpoints: ['home.hero'],
      reached: 1,
      driftBefore: { isClear: false },
    })
    expect(indication.series).toHaveLength(28)
    expect(indication.series[0].touched.people).toBe(50)
    expect(indication.effect.value).toBeCloseTo(1, 0)
    expect(indication.effect.interval[0]).toBeGreaterThan(0.5)
    expect(indication.says).toContain('beside all other visitors. It changed by +')
    const lines = (await shop.server.get('/v1/experiences/always/impact?format=csv')).text.split('\r\n')
    expect(lines.filter(line => /^day (before|after),/.test(line))).toHaveLength(2 * 28)
    const other = await shop.report('always', '?comparison=cart.top')
    expect(other.indication.says).toContain('choose another comparison')
    expect((await shop.report('fixed')).indication, 'where there is a control group there is better').toBe(null)
    const said = async (of: string, comparison: string) => {
      const { warnings } = await shop.report(of, `?from=2026-01-01&comparison=${comparison}`)
      return warnings.flatMap((one: Warning) => (one.code === 'comparison-unused' ? [one.message] : []))
    }
    const unused = (of: string) =>
      `The comparison with visitors of ${of} is not used: people are held against the control group.`
    expect(await said('fixed', 'home.hero')).toEqual([unused('home.hero')])
    expect(await said('fixed', 'home.heroo')).toEqual([
      `${unused('home.heroo')} Nor is there a touchpoint "home.heroo": did you mean "home.hero"?`,
    ])
    expect(await said('always', 'cart.top')).toEqual([])
    expect((await shop.report('fixed')).warnings.map(({ code }: Warning) => code)).not.toContain('comparison-unused')
  }, 300_000)
})

describe('bad input', () => {
  it('a goal that never happens', async () => {
    await shop.shown('never', halves(400, { bold: 0, control: 0 }))
    const { answer, checks, next, variants } = await shop.report('never')
    expect(variants[0]).toMatchObject({ mean: 0, lift: { value: null } })
    expect(answer.verdict).toBe('too-early')
    expect(checks.find(({ check }: { check: string }) => check === 'tracking')).toMatchObject({ passed: false })
    expect(next).toMatchObject({ do: 'look', at: 'tracking' })
  })

  it('zero variance: everybody does the same', async () => {
    await shop.shown('same', halves(100, { bold: 50, control: 50 }))
    for (const query of ['', '?metric=spent', '?metric=order-value']) {
      const { answer, variants } = await shop.report('same', query)
      expect(answer.verdict).toBe('too-early')
      expect(variants[0].lift).toMatchObject({ value: 0, interval: null, reason: 'no-variance' })
    }
  })

  it('one person', async () => {
    await shop.shown('one', [{ bold: true, orders: [5] }])
    const { answer, next, control } = await shop.report('one')
    expect(control).toMatchObject({ people: 0, mean: null })
    expect(answer.sentence).toBe('It cannot be known: nobody is in the control group to compare with.')
    expect(next).toMatchObject({ do: 'look', at: 'control' })
  })

  it('an arm with nobody', async () => {
    await shop.shown(
      'empty',
      Array.from({ length: 200 }, (_, i) => ({ bold: false, orders: i < 20 ? [1] : [] })),
    )
    const { answer, variants, sampleRatio, next } = await shop.report('empty')
    expect(variants[0]).toMatchObject({ variant: 'bold', people: 0, mean: null })
    expect(sampleRatio.verdict).toBe('mismatch')
    expect(answer.sentence).toBe('Nobody has seen this experience yet.')
    expect(next).toMatchObject({ do: 'look', at: 'sample-ratio' })
    const nobody = await shop.report('alone')
    expect(nobody.answer.label).toBe('Nothing seen')
    expect(nobody.next.do).toBe('look')
    const later = await shop.report('empty', `?from=${new Date(SEEN + 1).toISOString()}`)
    expect(later.answer.sentence).toBe('Nobody saw this experience within that time.')
    expect(later).toMatchObject({ limited: true, next: { do: 'look', at: 'time' } })
  })

  it('of an absence nobody counts whose window is open, and how long it takes is reckoned by those who count', async () => {
    const later = halves(60, { bold: 10, control: 10 }).map(one => ({ ...one, at: shop.now - 2 * DAY }))
    await shop.shown('open', [...halves(200, { bold: 40, control: 30 }), ...later])
    const { answer, open, next } = await shop.report('open', '?metric=gone')
    expect([answer.label, open]).toEqual(['Nothing counted yet', 260])
    expect(answer.sentence).toMatch(/^260 people saw this experience/)
    expect(next).toMatchObject({ do: 'wait', days: 10 })
    const left = await shop.report('open', '?metric=left')
    expect(left).toMatchObject({ open: 60, matured: 1, personalized: { people: 100 }, control: { people: 100 } })
    // Who came within the last 14 of 50 days does not count yet.
    expect(left.traffic.horizon[0].people).toBeCloseTo((200 / 36) * 7, 1)
    expect(left.checks.find(({ check }: { check: string }) => check === 'window').says).toBe(
      'The window of 77 % of the people has closed; the others do not count yet.',
    )
    expect(left.answer.sentence).toContain('no Order Completed is 60.00 % for those who see it')
  })

  it('values that are infinite, or too large to be amounts, are no amounts', async () => {
    const totals = ['Infinity', '-Infinity', 1e300, 'NaN', null, 1e12, 1e12]
    await shop.shown(
      'large',
      totals.flatMap(total => [
        { bold: true, orders: [total] },
        { bold: false, orders: [total] },
      ]),
    )
    const { variants, control } = await shop.report('large', '?metric=spent')
    expect(variants[0].mean).toBeCloseTo(2e12 / 7, 0)
    expect(control.mean).toBe(variants[0].mean)
    expect((await shop.report('large', '?metric=order-value')).control.mean).toBe(1e12)
  })

  it('an outcome before its exposure is nobody’s', async () => {
    await shop.shown(
      'early',
      halves(100, { bold: 50, control: 50 }).map(one => ({ ...one, after: -1 })),
    )
    const { variants, control } = await shop.report('early')
    expect([variants[0].conversions, control.conversions]).toEqual([0, 0])
  })

  it('a clock that goes back: what is not yet, does not count', async () => {
    const before = shop.now
    try {
      shop.now = SEEN + 1000
      const { variants, control, answer } = await shop.report('never', '?metric=clicked')
      expect(variants[0].people + control.people).toBe(400)
      expect(answer.verdict).toBe('too-early')
      const fixed = await shop.report('same')
      expect([fixed.variants[0].conversions, fixed.matured]).toEqual([0, 0])
      shop.now = SEEN - 10 * DAY
      expect((await shop.report('same')).control.conversions).toBe(0)
    } finally {
      shop.now = before
    }
  })
})
