import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from '../testing/server.ts'

const DAY = 86_400_000
const SEEN = Date.UTC(2026, 2, 1, 12)
let now = Date.UTC(2026, 3, 20, 12)
let server: TestServer

const EXPERIENCES = ['open', 'fixed', 'never', 'same', 'one', 'empty', 'large', 'early', 'plans', 'alone']

beforeAll(async () => {
  server = await testServer({}, { now: () => now++ })
  await publish(
    { kind: 'settings', key: 'workspace', body: { holdout: 0 } },
    { kind: 'touchpoint', key: 'home.hero', body: { channel: 'web', default: 'plain' } },
    metric('bought', { type: 'conversion', event: 'Order Completed', window: '14d', name: 'Conversion' }),
    metric('gone', { type: 'conversion', event: 'Order Completed', absent: true, window: '60d', direction: 'down' }),
    metric('left', { type: 'conversion', event: 'Order Completed', absent: true, window: '14d', direction: 'down' }),
    metric('clicked', { type: 'conversion', event: 'Clicked' }),
    metric('spent', { type: 'sum', event: 'Order Completed', property: 'total' }),
    metric('order-value', { type: 'mean', event: 'Order Completed', property: 'total' }),
    ...EXPERIENCES.map(key => experience(key, {})),
  )
}, 300_000)
afterAll(() => server.stop())

const metric = (key: string, body: object) => ({ kind: 'metric', key, body })
const experience = (key: string, body: object) => ({
  kind: 'experience',
  key,
  body: {
    tactic: 'content',
    touchpoints: ['home.hero'],
    control: 0.5,
    goal: 'bought',
    variants: [{ key: 'bold', content: { 'home.hero': 'bold' } }],
    ...body,
  },
})

async function publish(...changes: object[]) {
  const published = await server.post('/v1/definitions', { changes })
  expect(published.status, published.text).toBe(200)
}

interface Warning {
  readonly code: string
  readonly message: string
}

let files = 0
interface Shown {
  readonly bold: boolean
  readonly at?: number
  readonly orders?: readonly unknown[]
  /** Since they were shown it. */
  readonly after?: number
  readonly plan?: string
}

/** People who were shown an experience elsewhere, and what they did. */
async function shown(key: string, people: readonly Shown[]) {
  const items = people.flatMap(({ bold, at = SEEN, orders = [], after = 60_000, plan }, i) => {
    const userId = `${key}-${i}`
    const time = (offset: number) => new Date(at + offset).toISOString()
    return [
      ...(plan === undefined ? [] : [{ type: 'identify', userId, traits: { plan }, timestamp: time(-DAY) }]),
      {
        type: 'decision',
        userId,
        timestamp: time(0),
        touchpoint: 'home.hero',
        experience: key,
        variant: bold ? 'bold' : '',
        control: !bold,
        propensity: 0.5,
      },
      ...orders.map(total => ({
        type: 'track',
        userId,
        event: 'Order Completed',
        timestamp: time(after),
        properties: { total },
      })),
    ]
  })
  const file = (++files).toString(16).padStart(64, '0')
  const answer = await server.post('/v1/import', { file, items: items.map((item, row) => ({ row, ...item })) })
  expect(answer.json?.errors, answer.text).toEqual([])
}

/** The report, nowhere with what is no number. */
async function report(key: string, query = '') {
  const answer = await server.get(`/v1/experiences/${key}/impact${query}`)
  expect(answer.status, answer.text).toBe(200)
  const csv = await server.get(`/v1/experiences/${key}/impact?format=csv${query.replace('?', '&')}`)
  expect(csv.text + answer.text).not.toMatch(/NaN|Infinity|undefined/)
  return answer.json
}

/** So many people, half of them in each arm, of whom so many bought. */
function halves(people: number, buyers: { bold: number; control: number }): Shown[] {
  return Array.from({ length: people }, (_, i) => {
    const bold = i % 2 === 0
    return { bold, orders: Math.floor(i / 2) < (bold ? buyers.bold : buyers.control) ? [10] : [] }
  })
}

describe('what is fixed at launch', () => {
  it('is the goal, its definition and the worthwhile lift, until a new start', async () => {
    await shown('fixed', halves(600, { bold: 120, control: 60 }))
    const first = await report('fixed')
    expect(first.fixed).toMatchObject({
      version: 1,
      metric: 'bought',
      metricVersion: 1,
      worthwhile: 0.01,
      people: 5000,
      changes: [],
    })
    expect(first.answer).toMatchObject({ verdict: 'works', certainty: 0.95 })

    await publish(
      metric('bought', { type: 'conversion', event: 'Clicked', window: '14d', name: 'Conversion' }),
      experience('fixed', { goal: 'clicked', plan: { worthwhile: 0.5, people: 100 } }),
    )
    const later = await report('fixed')
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
    expect((await report('fixed', '?metric=clicked')).numbers[0]).toMatchObject({ role: 'asked', metric: 'clicked' })

    await publish(experience('fixed', { goal: 'clicked', status: 'ended' }))
    expect((await report('fixed')).fixed).toMatchObject({ version: 1, metric: 'bought' })
    await publish(experience('fixed', { goal: 'clicked', plan: { worthwhile: 0.5 } }))
    const anew = await report('fixed')
    expect(anew.fixed).toMatchObject({ version: 4, metric: 'clicked', worthwhile: 0.5, changes: [] })
    expect(anew.variants[0].people, 'whoever came before belongs to the earlier start').toBe(0)
    await publish(metric('bought', { type: 'conversion', event: 'Order Completed', window: '14d', name: 'Conversion' }))
  }, 300_000)
})

describe('the result page', () => {
  it('asks one question, answers it in one sentence, shows how it knows and says what to do', async () => {
    const page = await report(
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
    const { text, headers } = await server.get('/v1/experiences/fixed/impact?metric=bought&format=csv')
    expect(headers.get('content-type')).toContain('text/csv')
    const lines = text.trim().split('\r\n')
    expect(lines[0]).toMatch(/^part,metric,role,arm,people,/)
    expect(new Set(lines.slice(1).map(line => line.split(',')[0]))).toEqual(
      new Set(['question', 'answer', 'fixed', 'number', 'check', 'next']),
    )
  })

  it('a guardrail is on until a team publishes its own of that key', async () => {
    await publish(metric('complaints', { type: 'conversion', event: 'Email Marked as Spam', guardrail: false }))
    const { numbers } = await report('fixed')
    const names = numbers.map((row: { metric: string }) => row.metric)
    expect(names).toContain('unsubscribes')
    expect(names).not.toContain('complaints')
  })
})

describe('without a control group', () => {
  it('before and after, beside those who were not touched, is an indication: the verdict stays as it is', async () => {
    await publish(experience('always', { control: 0 }))
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
    const file = (++files).toString(16).padStart(64, '0')
    for (let from = 0; from < rows.length; from += 2000) {
      const items = rows.slice(from, from + 2000).map((item, row) => ({ row: from + row, ...item }))
      const answer = await server.post('/v1/import', { file, items })
      expect(answer.json?.errors, answer.text).toEqual([])
    }
    const { answer, indication, next, verdict } = await report('always')
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
    const lines = (await server.get('/v1/experiences/always/impact?format=csv')).text.split('\r\n')
    expect(lines.filter(line => /^day (before|after),/.test(line))).toHaveLength(2 * 28)
    const other = await report('always', '?comparison=cart.top')
    expect(other.indication.says).toContain('choose another comparison')
    expect((await report('fixed')).indication, 'where there is a control group there is better').toBe(null)
    const said = async (of: string, comparison: string) => {
      const { warnings } = await report(of, `?from=2026-01-01&comparison=${comparison}`)
      return warnings.flatMap((one: Warning) => (one.code === 'comparison-unused' ? [one.message] : []))
    }
    const unused = (of: string) =>
      `The comparison with visitors of ${of} is not used: people are held against the control group.`
    expect(await said('fixed', 'home.hero')).toEqual([unused('home.hero')])
    expect(await said('fixed', 'home.heroo')).toEqual([
      `${unused('home.heroo')} Nor is there a touchpoint "home.heroo": did you mean "home.hero"?`,
    ])
    expect(await said('always', 'cart.top')).toEqual([])
    expect((await report('fixed')).warnings.map(({ code }: Warning) => code)).not.toContain('comparison-unused')
  }, 300_000)
})

describe('bad input', () => {
  it('a goal that never happens', async () => {
    await shown('never', halves(400, { bold: 0, control: 0 }))
    const { answer, checks, next, variants } = await report('never')
    expect(variants[0]).toMatchObject({ mean: 0, lift: { value: null } })
    expect(answer.verdict).toBe('too-early')
    expect(checks.find(({ check }: { check: string }) => check === 'tracking')).toMatchObject({ passed: false })
    expect(next).toMatchObject({ do: 'look', at: 'tracking' })
  })

  it('zero variance: everybody does the same', async () => {
    await shown('same', halves(100, { bold: 50, control: 50 }))
    for (const query of ['', '?metric=spent', '?metric=order-value']) {
      const { answer, variants } = await report('same', query)
      expect(answer.verdict).toBe('too-early')
      expect(variants[0].lift).toMatchObject({ value: 0, interval: null, reason: 'no-variance' })
    }
  })

  it('one person', async () => {
    await shown('one', [{ bold: true, orders: [5] }])
    const { answer, next, control } = await report('one')
    expect(control).toMatchObject({ people: 0, mean: null })
    expect(answer.sentence).toBe('It cannot be known: nobody is in the control group to compare with.')
    expect(next).toMatchObject({ do: 'look', at: 'control' })
  })

  it('an arm with nobody', async () => {
    await shown(
      'empty',
      Array.from({ length: 200 }, (_, i) => ({ bold: false, orders: i < 20 ? [1] : [] })),
    )
    const { answer, variants, sampleRatio, next } = await report('empty')
    expect(variants[0]).toMatchObject({ variant: 'bold', people: 0, mean: null })
    expect(sampleRatio.verdict).toBe('mismatch')
    expect(answer.sentence).toBe('Nobody has seen this experience yet.')
    expect(next).toMatchObject({ do: 'look', at: 'sample-ratio' })
    const nobody = await report('alone')
    expect(nobody.answer.label).toBe('Nothing seen')
    expect(nobody.next.do).toBe('look')
    const later = await report('empty', `?from=${new Date(SEEN + 1).toISOString()}`)
    expect(later.answer.sentence).toBe('Nobody saw this experience within that time.')
    expect(later).toMatchObject({ limited: true, next: { do: 'look', at: 'time' } })
  })

  it('of an absence nobody counts whose window is open, and how long it takes is reckoned by those who count', async () => {
    const later = halves(60, { bold: 10, control: 10 }).map(one => ({ ...one, at: now - 2 * DAY }))
    await shown('open', [...halves(200, { bold: 40, control: 30 }), ...later])
    const { answer, open, next } = await report('open', '?metric=gone')
    expect([answer.label, open]).toEqual(['Nothing counted yet', 260])
    expect(answer.sentence).toMatch(/^260 people saw this experience/)
    expect(next).toMatchObject({ do: 'wait', days: 10 })
    const left = await report('open', '?metric=left')
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
    await shown(
      'large',
      totals.flatMap(total => [
        { bold: true, orders: [total] },
        { bold: false, orders: [total] },
      ]),
    )
    const { variants, control } = await report('large', '?metric=spent')
    expect(variants[0].mean).toBeCloseTo(2e12 / 7, 0)
    expect(control.mean).toBe(variants[0].mean)
    expect((await report('large', '?metric=order-value')).control.mean).toBe(1e12)
  })

  it('an outcome before its exposure is nobody’s', async () => {
    await shown(
      'early',
      halves(100, { bold: 50, control: 50 }).map(one => ({ ...one, after: -1 })),
    )
    const { variants, control } = await report('early')
    expect([variants[0].conversions, control.conversions]).toEqual([0, 0])
  })

  it('a clock that goes back: what is not yet, does not count', async () => {
    const before = now
    try {
      now = SEEN + 1000
      const { variants, control, answer } = await report('never', '?metric=clicked')
      expect(variants[0].people + control.people).toBe(400)
      expect(answer.verdict).toBe('too-early')
      const fixed = await report('same')
      expect([fixed.variants[0].conversions, fixed.matured]).toEqual([0, 0])
      now = SEEN - 10 * DAY
      expect((await report('same')).control.conversions).toBe(0)
    } finally {
      now = before
    }
  })
})

describe('GET /v1/experiences/{key}/evidence', () => {
  it('says who responded best, what a rule would bring and how it goes on, by what people were when they came', async () => {
    const people = Array.from({ length: 1600 }, (_, i): Shown => {
      const [bold, pro] = [i % 2 === 0, i % 4 < 2]
      // Half of the pros who see it buy; of all others a tenth does.
      const buys = bold && pro ? i % 8 === 0 : i % 40 < 4
      return { bold, plan: pro ? 'pro' : 'free', orders: buys ? [10] : [] }
    })
    await shown('plans', people)
    const found = await server.get(
      '/v1/experiences/plans/evidence?by=trait:plan,segment:none,context:device,time&days=3',
    )
    expect(found.status, found.text).toBe(200)
    const { evidence, time } = found.json
    const rate = (bold: boolean, plan: string) => {
      const own = people.filter(one => one.bold === bold && one.plan === plan)
      return own.filter(({ orders }) => orders!.length > 0).length / own.length
    }
    const [plans, segments, devices] = evidence.drilldown.dimensions
    expect(plans.segments.map(({ value }: { value: string }) => value)).toEqual(['pro', 'free'])
    expect(plans.segments[0].difference.value).toBeCloseTo(rate(true, 'pro') - rate(false, 'pro'), 9)
    expect(plans.segments[0]).toMatchObject({ responds: 'better' })
    expect(segments.segments.map(({ value }: { value: string }) => value)).toEqual(['out'])
    expect(devices.segments.map(({ value }: { value: string }) => value)).toEqual(['unknown'])
    expect(evidence.sentence).toContain('trait:plan pro responds best')
    const { rule } = evidence
    expect(rule.learnedFrom + rule.judged.people).toBe(1600)
    expect(rule.ranking[0].qini.value).toBeGreaterThan(0)
    // 0.196 on average over random halves, with a standard deviation of 0.017.
    expect(rule.judged.overControl.value).toBeGreaterThan(0.05)
    const day = time[0].days.map(({ value }: { value: number }) => value)
    expect(day[0]).toBeCloseTo(
      (rate(true, 'pro') + rate(true, 'free') - rate(false, 'pro') - rate(false, 'free')) / 2,
      9,
    )
    expect(day.slice(1)).toEqual([0, 0])
    expect(time[0].verdict).toBe('fading')
    expect(found.json).not.toHaveProperty('timeSays')
    expect(found.text).not.toMatch(/NaN|Infinity/)
  }, 300_000)

  it('of a rollout is of the people whom it has reached, by the chance they had of it', async () => {
    const policy = { kind: 'rollout', variant: 'bold', guardrails: ['clicked'] }
    await publish(experience('rolled', { control: 0.2, policy }))
    // At first it reaches a quarter, of whom a tenth buys anyway; then everybody, of whom half do. It brings two tenths more.
    const stages = [
      { share: 0.25, base: 0.1 },
      { share: 1, base: 0.5 },
    ]
    const items = stages.flatMap(({ share, base }, stage) =>
      Array.from({ length: 1000 }, (_, i) => {
        const [control, reached] = [i % 5 === 0, (i % 100) / 100 < share]
        const arm = control ? 'control' : reached ? 'bold' : ''
        const chance = control ? 0.2 : 0.8 * (reached ? share : 1 - share)
        const [userId, at] = [`rolled-${stage}-${i}`, SEEN + stage * 7 * DAY]
        const time = (after: number) => new Date(at + after).toISOString()
        const shown = { touchpoint: 'home.hero', experience: 'rolled', variant: arm === 'bold' ? 'bold' : '' }
        const buys = Math.floor(i / 100) < Math.round(10 * base) + (arm === 'bold' ? 2 : 0)
        return [
          { type: 'identify', userId, traits: { plan: 'free' }, timestamp: time(-DAY) },
          { type: 'decision', userId, ...shown, control, propensity: chance, timestamp: time(0) },
          ...(buys ? [{ type: 'track', userId, event: 'Order Completed', timestamp: time(60_000) }] : []),
        ]
      }).flat(),
    )
    const file = (++files).toString(16).padStart(64, '0')
    const taken = await server.post('/v1/import', { file, items: items.map((item, row) => ({ row, ...item })) })
    expect(taken.json?.errors, taken.text).toEqual([])
    const page = await report('rolled')
    expect(page.personalized.people).toBe(1000)
    expect(page.personalized.difference.value).toBeCloseTo(0.2, 6)
    const lifts = page.variants.map(({ variant, lift }: Record<string, object>) => [variant, lift])
    expect(lifts[0]).toEqual(['', expect.objectContaining({ value: null, reason: 'not-by-chance' })])
    for (const query of ['trait:plan,time', 'trait:plan,time&variant=bold']) {
      const found = await server.get(`/v1/experiences/rolled/evidence?by=${query}&days=2`)
      expect(found.status, found.text).toBe(200)
      const [free] = found.json.evidence.drilldown.dimensions[0].segments
      expect(free.people).toEqual({ control: 400, treatment: 1000 })
      expect(free.difference.value).toBeCloseTo(0.2, 6)
      const { time } = found.json
      expect(time.map(({ variant, people }: Record<string, unknown>) => [variant, people])).toEqual([['bold', 1000]])
      expect(time[0].days[0].value).toBeCloseTo(0.2, 6)
    }
  }, 300_000)

  it('over time a variant is told by itself where it is asked for, and where there is nothing it says why', async () => {
    const variants = ['bold', 'calm', 'loud'].map(key => ({ key, content: { 'home.hero': key } }))
    const rules = { kind: 'rules', rules: [{ when: { trait: 'plan', is: 'pro' }, variant: 'bold' }], otherwise: 'calm' }
    const staged = { kind: 'rollout', variant: 'bold', otherwise: 'calm', guardrails: ['clicked'] }
    await publish(
      experience('two', { variants }),
      experience('ruled', { variants, policy: rules }),
      experience('staged', { variants: variants.slice(0, 2), policy: staged }),
    )
    const items = ['two', 'ruled'].flatMap(key =>
      Array.from({ length: 200 }, (_, i) => {
        const [userId, control, bold] = [`${key}-${i}`, i % 4 === 0, i % 2 === 0]
        const shown = {
          touchpoint: 'home.hero',
          experience: key,
          control,
          variant: control ? '' : bold ? 'bold' : 'calm',
        }
        const buys = i % 3 === 0 || (bold && i % 5 === 0)
        const time = (after: number) => new Date(SEEN + after).toISOString()
        const propensity = control ? 0.25 : key === 'ruled' ? 0.75 : bold ? 0.25 : 0.5
        return [
          { type: 'decision', userId, ...shown, propensity, timestamp: time(0) },
          ...(buys ? [{ type: 'track', userId, event: 'Order Completed', timestamp: time(60_000) }] : []),
        ]
      }).flat(),
    )
    const file = (++files).toString(16).padStart(64, '0')
    const taken = await server.post('/v1/import', { file, items: items.map((item, row) => ({ row, ...item })) })
    expect(taken.json?.errors, taken.text).toEqual([])
    const ask = async (key: string, query: string) => {
      const found = await server.get(`/v1/experiences/${key}/evidence?by=time${query}`)
      expect(found.status, found.text).toBe(200)
      return found.json as { time: { variant: string; people: number }[]; timeSays?: string }
    }
    const { time, timeSays } = await ask('two', '&days=2')
    expect(time.map(({ variant, people }) => [variant, people])).toEqual([
      ['bold', 50],
      ['calm', 100],
    ])
    expect(timeSays).toBeUndefined()
    for (const one of time) expect((await ask('two', `&days=2&variant=${one.variant}`)).time).toEqual([one])
    const mend = 'Only those count of whom all 60 days have passed: wait, or ask for fewer days.'
    for (const [key, query, says] of [
      ['two', '&days=60', `Nobody saw it 60 days ago or longer. ${mend}`],
      ['empty', '&days=60', `Nobody saw it 60 days ago or longer. ${mend}`],
      ['two', '&days=2&variant=loud', expect.stringMatching(/^Nobody saw variant "loud" 2 days ago or longer\./)],
      ['staged', '&days=2&variant=calm', 'Of a rollout only "bold" is told over time.'],
      [
        'ruled',
        '&days=2&variant=calm',
        'Who gets which variant is certain here, so over time all are told together and none by itself.',
      ],
    ] as const) {
      expect(await ask(key, query), key + query).toMatchObject({ time: [], timeSays: says })
    }
    expect((await ask('ruled', '&days=2')).time).toMatchObject([{ variant: 'all', people: 150 }])
  }, 300_000)

  it('R8 an analyst asks by what is not personal, and by nothing else', async () => {
    const { key } = (await server.post('/v1/keys', { kind: 'analyst' })).json
    const ask = (by: string) => server.get(`/v1/experiences/plans/evidence?by=${by}`, { key })
    expect((await ask('trait:plan')).status).toBe(200)
    for (const by of ['trait:email', 'trait:address.street', 'context:ip', 'context:traits.phone']) {
      expect((await ask(by)).json.error, by).toMatchObject({ code: 'wrong_key', path: 'query.by' })
      expect((await server.get(`/v1/experiences/plans/evidence?by=${by}`)).status).toBe(200)
    }
  })

  it('names what it cannot tell apart by', async () => {
    for (const by of ['', 'planet', 'trait:', 'a,b,c,d,e,f']) {
      expect((await server.get(`/v1/experiences/plans/evidence?by=${by}`)).json.error).toMatchObject({
        path: 'query.by',
      })
    }
    for (const by of ['time', 'trait:plan']) {
      const none = await server.get(`/v1/experiences/plans/evidence?by=${by}&variant=none-such`)
      expect(none.json.error).toMatchObject({ code: 'not_found', path: 'query.variant' })
      expect(none.json.error.mend).toMatch(/^Known variants: /)
    }
    for (const path of ['evidence?by=time', 'impact']) {
      expect((await server.get(`/v1/experiences/none/${path}`)).json.error).toMatchObject({
        code: 'not_found',
        message: 'There is no experience "none".',
      })
    }
    expect((await server.get('/v1/experiences/plans/evidence?by=time&metric=order-value')).json.error.path).toBe(
      'query.metric',
    )
  })
})
