import { describe, expect, it } from 'vitest'
import { SECRET_KEY } from './testing/server.ts'
import { experience, HOUR, testShop, touchpoint } from './testing/shop.ts'

const shop = testShop()

describe('content', () => {
  it('is written for the person, and escaped where it is HTML', async () => {
    await shop.server.post('/v1/identify', { userId: 'ada', traits: { firstName: '<Ada>', email: 'ada@x.org' } })
    expect(await shop.at('hero', { userId: 'ada' })).toMatchObject({ content: { title: 'Hi &lt;Ada&gt;' } })
    expect(await shop.at('hero', { userId: 'new' })).toMatchObject({ content: { title: 'Hi you' } })
  })

  it('shows what was recently viewed, as the catalog has it now, without what was bought or is sold out', async () => {
    const track = (event: string, product_id: string, i: number) => ({
      type: 'track',
      userId: 'viewer',
      event,
      properties: { product_id },
      timestamp: new Date(shop.time - 10_000 + i).toISOString(),
    })
    expect((await shop.at('list', { userId: 'viewer' })).content).toEqual([])
    const events = ['hat', 'shoe', 'gone', 'sock', 'hat'].map((id, i) => track('Product Viewed', id, i))
    const { content } = await shop.at('list', { userId: 'viewer', events })
    expect(content.map((item: { id: string }) => item.id)).toEqual(['hat', 'sock'])
    await shop.server.post('/v1/batch', { batch: [track('Order Completed', 'hat', 9)] })
    expect((await shop.at('list', { userId: 'viewer' })).content).toEqual([{ id: 'sock', title: 'Sock', price: 5 }])
  })

  it('that fails is the default with the reason; the fault is for secret keys', async () => {
    await shop.publish([
      touchpoint('odd', { default: 'default' }),
      experience('odd', 'odd', '{{ person.n | divided_by: 0 }}'),
    ])
    await shop.server.post('/v1/identify', { userId: 'odd', traits: { n: 1 } })
    const open = await shop.at('odd', { userId: 'odd' })
    expect(open).toMatchObject({ reason: 'template-error', content: 'default', variant: 'a' })
    expect(open).not.toHaveProperty('fault')
    const { fault } = await shop.at('odd', { userId: 'odd' }, SECRET_KEY)
    expect(fault).toMatchObject({ code: 'template-error', message: expect.stringContaining('no number') })
  })

  it('that loops is refused at publication', async () => {
    const loop = '{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}'
    const answer = await shop.server.post('/v1/definitions', { changes: [experience('loop', 'note', loop)] })
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toMatchObject([
      { path: 'variants[0].content.note', message: expect.stringContaining('loops') },
    ])
  })

  it('R13 that would show a whole person is refused', async () => {
    const answer = await shop.server.post('/v1/definitions', {
      changes: [experience('leak', 'note', '{{ person | json }}')],
    })
    expect(answer.json.errors).toMatchObject([{ message: '"person" as a whole is not shown' }])
  })
})

describe('a sticky split', () => {
  const split = (a: number, more: object = {}) =>
    experience('kept', 'kept', '', {
      policy: { kind: 'sticky-split' },
      audience: { trait: 'plan', is: 'pro' },
      variants: ['a', 'b'].map((key, i) => ({ key, weight: i === 0 ? a : 1 - a, content: { kept: key } })),
      ...more,
    })
  const ids = Array.from({ length: 12 }, (_, i) => `keeper-${i}`)
  const variants = async () =>
    new Map(
      await Promise.all(
        ids.map(async id => [id, (await shop.at('kept', { userId: id }, SECRET_KEY)).variant] as const),
      ),
    )

  it('keeps what it gave, with other weights, outside its audience and after a merge, and says so', async () => {
    await shop.publish([touchpoint('kept', { default: 'default' }), split(0.5)])
    const traits = { plan: 'pro' }
    await shop.server.post('/v1/batch', { batch: ids.map(userId => ({ type: 'identify', userId, traits })) })
    const first = await variants()
    expect(new Set(first.values())).toEqual(new Set(['a', 'b']))
    const { since, propensity } = (await shop.at('kept', { userId: ids[0] }, SECRET_KEY)).held
    expect([since, propensity]).toEqual([shop.time, 0.5])

    // Of two statements of one instant either may be the later one.
    shop.time += 1000
    await shop.publish([split(0)])
    await shop.server.post('/v1/identify', { userId: ids[0], traits: { plan: 'free' } })
    expect(await variants()).toEqual(first)
    const left = await shop.at('kept', { userId: ids[0], explain: true }, SECRET_KEY)
    expect(left).toMatchObject({ reason: 'assigned', propensity: 1, held: { since, propensity } })
    expect(left.explanation.candidates[0]).toMatchObject({
      outcome: 'won',
      audience: { value: false },
      held: { arm: 'variant', variant: first.get(ids[0]!), propensity },
    })
    expect(await shop.at('kept', { userId: ids[0] })).not.toHaveProperty('held')

    // A visitor drawn for later becomes one with somebody who holds the other variant: the earlier draw holds.
    shop.time += 1000
    const holder = ids.find(id => first.get(id) === 'a')!
    await shop.server.post('/v1/identify', { anonymousId: 'visitor', traits })
    expect((await shop.at('kept', { anonymousId: 'visitor' })).variant).toBe('b')
    await shop.server.post('/v1/identify', { anonymousId: 'visitor', userId: holder })
    expect((await shop.at('kept', { anonymousId: 'visitor' })).variant).toBe('a')

    // A new start forgets.
    await shop.publish([split(0, { seed: 'anew' })])
    const later = await variants()
    later.delete(ids[0]!)
    expect(new Set(later.values())).toEqual(new Set(['b']))
  })

  it('R1 R7 is drawn once however many ask at once; what was seen counts by the chance of that draw', async () => {
    await shop.publish([split(0.5, { seed: 'third', audience: { not: { trait: 'plan', is: 'free' } } })])
    const asked = await Promise.all(
      Array.from({ length: 8 }, () => shop.at('kept', { anonymousId: 'hasty' }, SECRET_KEY)),
    )
    expect(new Set(asked.map(({ variant }) => variant)).size).toBe(1)
    expect(asked.filter(({ propensity, held }) => propensity === 0.5 && held === undefined)).toHaveLength(1)
    expect(asked.filter(({ propensity, held }) => propensity === 1 && held.propensity === 0.5)).toHaveLength(7)
    // Where decision ids have it: see decisionId.ts.
    const seen = asked.map(({ decisionId }) => Buffer.from(decisionId.slice(-34, -22), 'base64url').readDoubleBE(0))
    expect(new Set(seen)).toEqual(new Set([0.5]))
  })
})

describe('caps', () => {
  it('R1 hold however many ask at once: each answer is stored before it is given', async () => {
    await shop.server.post('/v1/identify', { userId: 'often', traits: {} })
    const answers = await Promise.all(Array.from({ length: 12 }, () => shop.at('note', { userId: 'often' })))
    expect(answers.filter(answer => answer.experience === 'twice')).toHaveLength(2)
    expect(answers.filter(answer => answer.reason === 'capped')).toHaveLength(10)
    expect((await shop.person('often')).bound).toMatchObject({
      version: 2,
      shows: { 'served:experience:twice': [shop.time, shop.time] },
    })
    shop.time += 24 * HOUR
    expect((await shop.at('note', { userId: 'often' })).experience).toBe('twice')
  })

  it('count for somebody who becomes known by asking', async () => {
    for (const expected of ['twice', 'twice', undefined]) {
      expect((await shop.at('note', { anonymousId: 'fresh' })).experience).toBe(expected)
    }
  })

  it('pass over what cannot be stored: for whom nothing may be kept', async () => {
    const context = { consent: { categoryPreferences: { analytics: false } } }
    expect(await shop.at('note', { userId: 'private', context })).toMatchObject({
      reason: 'not-bound',
      content: 'nothing',
    })
  })

  it('are not used up by asking for all flags at once (OFREP)', async () => {
    const context = { targetingKey: 'flags' }
    const all = await shop.server.call('POST', '/ofrep/v1/evaluate/flags', {
      key: 'write-key-of-tests',
      body: { context },
    })
    const flags = all.json.flags as { key: string; value?: unknown; metadata?: { reason?: string } }[]
    expect(flags.filter(({ key }) => key === 'panel')).toHaveLength(1)
    expect(flags.find(({ key }) => key === 'note')).toMatchObject({ value: 'nothing' })
    const one = await shop.server.call('POST', '/ofrep/v1/evaluate/flags/note', {
      key: 'write-key-of-tests',
      body: { context },
    })
    expect(one.json).toMatchObject({ value: 'twice' })
  })

  it('over what was seen count exposures', async () => {
    await shop.publish([
      touchpoint('seen', { default: 'default' }),
      experience('once', 'seen', 'once', { caps: [{ times: 1, counts: 'seen' }] }),
      experience('later', 'seen', 'later', { priority: -1, requires: [{ experience: 'once', state: 'seen' }] }),
    ])
    const first = await shop.at('seen', { userId: 'looker' })
    expect(first.content).toBe('once')
    expect((await shop.at('seen', { userId: 'looker' })).content).toBe('once')
    await shop.server.post('/v1/track', {
      userId: 'looker',
      event: 'Exposure',
      properties: { decisionId: first.decisionId },
    })
    expect((await shop.at('seen', { userId: 'looker' })).content).toBe('later')
    expect((await shop.person('looker')).bound.seen).toEqual({ once: { at: shop.time, variant: 'a' } })
    // A page made on a server is seen when it is answered.
    expect((await shop.at('seen', { userId: 'served', expose: true })).content).toBe('once')
    expect((await shop.at('seen', { userId: 'served' })).content).toBe('later')
  })
})

describe('prices', () => {
  it('are stored before they are told, stay while they last, and are audited', async () => {
    await shop.server.post('/v1/identify', { userId: 'payer', traits: {} })
    const answers = await Promise.all(Array.from({ length: 5 }, () => shop.at('tag', { userId: 'payer' })))
    const shown = { id: 'hat', price: 18, list: 20, currency: 'EUR', until: shop.time + 7 * 24 * HOUR }
    for (const answer of answers) expect(answer.content).toEqual(shown)
    await shop.server.post('/v1/catalog', {
      items: [{ id: 'hat', title: 'Hat', price: 40, cost: 10, currency: 'EUR', stock: 2 }],
    })
    shop.time += 24 * HOUR
    expect((await shop.at('tag', { userId: 'payer' })).content).toEqual(shown)
    expect((await shop.at('tag', { userId: 'later' })).content).toMatchObject({ price: 36 })
    const { id } = await shop.person('payer')
    const audit = (await shop.server.get('/v1/experiences/sale/quotes')).json
    expect(audit.quotes.map((one: { price: number }) => one.price)).toEqual([36, 18])
    expect(audit.quotes[1]).toEqual({
      at: shop.time - 24 * HOUR,
      profile: id,
      item: 'hat',
      price: 18,
      list: 20,
      currency: 'EUR',
      until: shown.until,
      version: 1,
      variant: 'a',
    })
    const page = (await shop.server.get('/v1/experiences/sale/quotes?limit=1')).json
    const rest = (await shop.server.get(`/v1/experiences/sale/quotes?limit=1&before=${page.next}`)).json
    expect([page.quotes[0].price, rest.quotes[0].price]).toEqual([36, 18])
  })
})

describe('the support panel', () => {
  it('answers ranked experiences, the first of them as the answer: the next best action', async () => {
    await shop.server.post('/v1/identify', { userId: 'caller', traits: { firstName: 'Cy', plan: 'free' } })
    const answer = await shop.at('panel', { userId: 'caller' }, SECRET_KEY)
    expect(answer).toMatchObject({ experience: 'refund', content: 'offer a refund to Cy' })
    expect(answer.ranked.map((one: { content: string }) => one.content)).toEqual(['offer a refund to Cy', 'upgrade'])
    for (const one of answer.ranked) expect(one.decisionId).toEqual(expect.any(String))
    expect(new Set(answer.ranked.map((one: { decisionId: string }) => one.decisionId)).size).toBe(2)
  })
})

describe('checking before a launch', () => {
  it('a signed link forces variants for whoever opens it: in the query, the body or the context', async () => {
    await shop.publish([
      touchpoint('qa', { default: 'default' }),
      experience('draft', 'qa', 'forced', { status: 'draft', schedule: { start: '2027-01-01' } }),
    ])
    const make = (body: object) => shop.server.post('/v1/links', { allows: ['preview'], ...body })
    const { link } = (await make({ variants: { draft: 'a' }, hours: 2 })).json
    const body = { touchpoints: ['qa'], anonymousId: 'tester' }
    const before = (await shop.server.get('/v1/summary')).json.totals.decisions
    for (const answer of [
      await shop.decide({ ...body, link }),
      await shop.decide({ ...body, context: { link } }),
      await shop.server.post(`/v1/decide?link=${link}`, body),
    ]) {
      expect(answer.json.answers.qa, answer.text).toMatchObject({ reason: 'preview', content: 'forced', variant: 'a' })
      expect(answer.json.answers.qa).not.toHaveProperty('decisionId')
    }
    expect((await shop.decide(body)).json.answers.qa.content).toBe('default')
    await shop.server.services.shipper.drain(10_000)
    expect((await shop.server.get('/v1/summary')).json.totals.decisions).toBeLessThanOrEqual(before + 30)
    shop.time += 2 * HOUR
    expect((await shop.decide({ ...body, link })).json.error.code).toBe('bad_link')
    expect((await shop.decide({ ...body, link: `${link}x` })).json.error.code).toBe('bad_link')
    expect((await make({ variants: { draft: 'b' } })).json.error.path).toBe('body.variants.draft')
    const explains = { allows: ['explain'], userId: 'ada', variants: { draft: 'a' } }
    expect((await shop.server.post('/v1/links', explains)).status).toBe(400)
  })

  it('a link may show another time', async () => {
    await shop.publish([
      touchpoint('soon', { default: 'now' }),
      experience('soon', 'soon', 'soon', { schedule: { start: '2027-01-01' } }),
    ])
    const { link } = (await shop.server.post('/v1/links', { allows: ['preview'], at: '2027-01-02T00:00:00Z' })).json
    expect((await shop.at('soon', { anonymousId: 't', link })).content).toBe('soon')
    expect((await shop.at('soon', { anonymousId: 't' })).content).toBe('now')
  })

  it('a secret key may look as any person, at any time; it binds nothing and makes nobody', async () => {
    await shop.server.post('/v1/identify', { userId: 'viewed', traits: { firstName: 'Vi' } })
    const { id } = await shop.person('viewed')
    for (const as of [id, 'userId:viewed']) {
      const answer = await shop.at('hero', { preview: { as } }, SECRET_KEY)
      expect(answer.content).toEqual({ title: 'Hi Vi' })
    }
    const later = { preview: { as: id, at: new Date(shop.time + 30 * 24 * HOUR).toISOString() } }
    expect((await shop.at('note', later, SECRET_KEY)).content).toBe('twice')
    expect((await shop.at('tag', later, SECRET_KEY)).content).toMatchObject({ price: 36 })
    expect(await shop.person('viewed')).not.toHaveProperty('bound')
    expect((await shop.decide({ touchpoints: ['hero'], preview: { as: 'userId:nobody' } }, SECRET_KEY)).status).toBe(
      404,
    )
    expect((await shop.decide({ touchpoints: ['hero'], userId: 'x', preview: { as: id } })).json.error.code).toBe(
      'link_required',
    )
  })

  it('collisions are told', async () => {
    await shop.publish([
      touchpoint('crowd'),
      experience('crowd-a', 'crowd', 1),
      experience('crowd-b', 'crowd', 2, { status: 'draft' }),
    ])
    const { collisions, more } = (await shop.server.get('/v1/collisions')).json
    expect(collisions.filter((one: { touchpoint: string }) => one.touchpoint === 'crowd')).toMatchObject([
      { kind: 'never-shown', experiences: ['crowd-a', 'crowd-b'] },
    ])
    expect(more).toBe(false)
    const changes = [
      experience('crowd-c', 'crowd', 3, { status: 'draft', audience: { trait: 'x', is: 1 }, priority: 9 }),
    ]
    const planned = (await shop.server.post('/v1/definitions', { changes, dryRun: true })).json.collisions.collisions
    expect(planned.filter((one: { experiences: string[] }) => one.experiences.includes('crowd-c'))).toMatchObject([
      { kind: 'overlap', experiences: ['crowd-c', 'crowd-a'] },
    ])
    expect((await shop.server.get('/v1/collisions', { key: 'write-key-of-tests' })).status).toBe(403)
  })
})
