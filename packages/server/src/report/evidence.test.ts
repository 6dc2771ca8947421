import { describe, expect, it } from 'vitest'
import { DAY, experience, reportedShop, SEEN, type Shown } from './testing.ts'

const shop = reportedShop(['plans', 'empty'])

describe('GET /v1/experiences/{key}/evidence', () => {
  it('says who responded best, what a rule would bring and how it goes on, by what people were when they came', async () => {
    const people = Array.from({ length: 1600 }, (_, i): Shown => {
      const [bold, pro] = [i % 2 === 0, i % 4 < 2]
      // Half of the pros who see it buy; of all others a tenth does.
      const buys = bold && pro ? i % 8 === 0 : i % 40 < 4
      return { bold, plan: pro ? 'pro' : 'free', orders: buys ? [10] : [] }
    })
    await shop.shown('plans', people)
    const found = await shop.server.get(
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
    await shop.publish(experience('rolled', { control: 0.2, policy }))
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
    await shop.imported(items)
    const page = await shop.report('rolled')
    expect(page.personalized.people).toBe(1000)
    expect(page.personalized.difference.value).toBeCloseTo(0.2, 6)
    const lifts = page.variants.map(({ variant, lift }: Record<string, object>) => [variant, lift])
    expect(lifts[0]).toEqual(['', expect.objectContaining({ value: null, reason: 'not-by-chance' })])
    for (const query of ['trait:plan,time', 'trait:plan,time&variant=bold']) {
      const found = await shop.server.get(`/v1/experiences/rolled/evidence?by=${query}&days=2`)
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
    await shop.publish(
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
    await shop.imported(items)
    const ask = async (key: string, query: string) => {
      const found = await shop.server.get(`/v1/experiences/${key}/evidence?by=time${query}`)
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
    const { key } = (await shop.server.post('/v1/keys', { kind: 'analyst' })).json
    const ask = (by: string) => shop.server.get(`/v1/experiences/plans/evidence?by=${by}`, { key })
    expect((await ask('trait:plan')).status).toBe(200)
    for (const by of ['trait:email', 'trait:address.street', 'context:ip', 'context:traits.phone']) {
      expect((await ask(by)).json.error, by).toMatchObject({ code: 'wrong_key', path: 'query.by' })
      expect((await shop.server.get(`/v1/experiences/plans/evidence?by=${by}`)).status).toBe(200)
    }
  })

  it('names what it cannot tell apart by', async () => {
    for (const by of ['', 'planet', 'trait:', 'a,b,c,d,e,f']) {
      expect((await shop.server.get(`/v1/experiences/plans/evidence?by=${by}`)).json.error).toMatchObject({
        path: 'query.by',
      })
    }
    for (const by of ['time', 'trait:plan']) {
      const none = await shop.server.get(`/v1/experiences/plans/evidence?by=${by}&variant=none-such`)
      expect(none.json.error).toMatchObject({ code: 'not_found', path: 'query.variant' })
      expect(none.json.error.mend).toMatch(/^Known variants: /)
    }
    for (const path of ['evidence?by=time', 'impact']) {
      expect((await shop.server.get(`/v1/experiences/none/${path}`)).json.error).toMatchObject({
        code: 'not_found',
        message: 'There is no experience "none".',
      })
    }
    expect((await shop.server.get('/v1/experiences/plans/evidence?by=time&metric=order-value')).json.error.path).toBe(
      'query.metric',
    )
  })
})
