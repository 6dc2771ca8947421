import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_KEY, type TestServer, testServer } from './testing/server.ts'

const START = Date.UTC(2026, 10, 22, 12)
const HOUR = 3_600_000
let time = START
let server: TestServer

const publish = async (changes: object[]) => {
  const answer = await server.post('/v1/definitions', { changes })
  expect(answer.status, answer.text).toBe(200)
}
const touchpoint = (key: string, body: object = {}) => ({ kind: 'touchpoint', key, body: { channel: 'web', ...body } })
const experience = (key: string, touchpoint: string, content: unknown, more: object = {}) => ({
  kind: 'experience',
  key,
  body: {
    tactic: 'content',
    touchpoints: [touchpoint],
    control: 0,
    variants: [{ key: 'a', content: { [touchpoint]: content } }],
    ...more,
  },
})
const decide = (body: object, key?: string) => server.post('/v1/decide', body, key === undefined ? {} : { key })
const at = async (touchpoint: string, body: object, key?: string) => {
  const answer = await decide({ touchpoints: [touchpoint], ...body }, key)
  expect(answer.status, answer.text).toBe(200)
  return answer.json.answers[touchpoint]
}
const person = async (id: string) => (await server.get(`/v1/profiles/userId:${id}`)).json.profile

beforeAll(async () => {
  server = await testServer({}, { now: () => time })
  await server.post('/v1/catalog', {
    items: [
      { id: 'hat', title: 'Hat', price: 20, cost: 10, currency: 'EUR', stock: 2 },
      { id: 'shoe', title: 'Shoe', price: 80, stock: 0 },
      { id: 'sock', title: 'Sock', price: 5 },
    ],
  })
  await publish([
    { kind: 'settings', key: 'workspace', body: { holdout: 0, timezone: 'Europe/Berlin' } },
    touchpoint('hero', { format: 'html', default: { title: 'Hello' } }),
    touchpoint('list', { default: [] }),
    touchpoint('note', { default: 'nothing' }),
    touchpoint('tag', { default: { $price: 'hat' } }),
    touchpoint('panel', { channel: 'support', slots: 3, default: 'help' }),
    experience('greet', 'hero', { title: 'Hi {{ person.firstName | default: "you" }}' }),
    experience('viewed', 'list', { $recent: { without: ['Order Completed'], else: [], atLeast: 1 } }),
    experience('twice', 'note', 'twice', { caps: [{ times: 2, per: '24h' }] }),
    experience(
      'sale',
      'tag',
      { $price: 'hat' },
      {
        tactic: 'price',
        price: { floor: { ofCost: 1.1 }, lasts: '7d' },
        variants: [{ key: 'a', price: { percent: -10 }, content: { tag: { $price: 'hat' } } }],
      },
    ),
    experience('refund', 'panel', 'offer a refund to {{ person.firstName }}', { priority: 2 }),
    experience('upgrade', 'panel', 'upgrade', { priority: 1, audience: { trait: 'plan', is: 'free' } }),
  ])
})
afterAll(() => server.stop())

describe('content', () => {
  it('is written for the person, and escaped where it is HTML', async () => {
    await server.post('/v1/identify', { userId: 'ada', traits: { firstName: '<Ada>', email: 'ada@x.org' } })
    expect(await at('hero', { userId: 'ada' })).toMatchObject({ content: { title: 'Hi &lt;Ada&gt;' } })
    expect(await at('hero', { userId: 'new' })).toMatchObject({ content: { title: 'Hi you' } })
  })

  it('shows what was recently viewed, as the catalog has it now, without what was bought or is sold out', async () => {
    const track = (event: string, product_id: string, i: number) => ({
      type: 'track',
      userId: 'viewer',
      event,
      properties: { product_id },
      timestamp: new Date(time - 10_000 + i).toISOString(),
    })
    expect((await at('list', { userId: 'viewer' })).content).toEqual([])
    const events = ['hat', 'shoe', 'gone', 'sock', 'hat'].map((id, i) => track('Product Viewed', id, i))
    const { content } = await at('list', { userId: 'viewer', events })
    expect(content.map((item: { id: string }) => item.id)).toEqual(['hat', 'sock'])
    await server.post('/v1/batch', { batch: [track('Order Completed', 'hat', 9)] })
    expect((await at('list', { userId: 'viewer' })).content).toEqual([{ id: 'sock', title: 'Sock', price: 5 }])
  })

  it('that fails is the default with the reason; the fault is for secret keys', async () => {
    await publish([
      touchpoint('odd', { default: 'default' }),
      experience('odd', 'odd', '{{ person.n | divided_by: 0 }}'),
    ])
    await server.post('/v1/identify', { userId: 'odd', traits: { n: 1 } })
    const open = await at('odd', { userId: 'odd' })
    expect(open).toMatchObject({ reason: 'template-error', content: 'default', variant: 'a' })
    expect(open).not.toHaveProperty('fault')
    const { fault } = await at('odd', { userId: 'odd' }, SECRET_KEY)
    expect(fault).toMatchObject({ code: 'template-error', message: expect.stringContaining('no number') })
  })

  it('that loops is refused at publication', async () => {
    const loop = '{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}'
    const answer = await server.post('/v1/definitions', { changes: [experience('loop', 'note', loop)] })
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toMatchObject([
      { path: 'variants[0].content.note', message: expect.stringContaining('loops') },
    ])
  })

  it('R13 that would show a whole person is refused', async () => {
    const answer = await server.post('/v1/definitions', {
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
      await Promise.all(ids.map(async id => [id, (await at('kept', { userId: id }, SECRET_KEY)).variant] as const)),
    )

  it('keeps what it gave, with other weights, outside its audience and after a merge, and says so', async () => {
    await publish([touchpoint('kept', { default: 'default' }), split(0.5)])
    const traits = { plan: 'pro' }
    await server.post('/v1/batch', { batch: ids.map(userId => ({ type: 'identify', userId, traits })) })
    const first = await variants()
    expect(new Set(first.values())).toEqual(new Set(['a', 'b']))
    const { since, propensity } = (await at('kept', { userId: ids[0] }, SECRET_KEY)).held
    expect([since, propensity]).toEqual([time, 0.5])

    // Of two statements of one instant either may be the later one.
    time += 1000
    await publish([split(0)])
    await server.post('/v1/identify', { userId: ids[0], traits: { plan: 'free' } })
    expect(await variants()).toEqual(first)
    const left = await at('kept', { userId: ids[0], explain: true }, SECRET_KEY)
    expect(left).toMatchObject({ reason: 'assigned', propensity: 1, held: { since, propensity } })
    expect(left.explanation.candidates[0]).toMatchObject({
      outcome: 'won',
      audience: { value: false },
      held: { arm: 'variant', variant: first.get(ids[0]!), propensity },
    })
    expect(await at('kept', { userId: ids[0] })).not.toHaveProperty('held')

    // A visitor drawn for later becomes one with somebody who holds the other variant: the earlier draw holds.
    time += 1000
    const holder = ids.find(id => first.get(id) === 'a')!
    await server.post('/v1/identify', { anonymousId: 'visitor', traits })
    expect((await at('kept', { anonymousId: 'visitor' })).variant).toBe('b')
    await server.post('/v1/identify', { anonymousId: 'visitor', userId: holder })
    expect((await at('kept', { anonymousId: 'visitor' })).variant).toBe('a')

    // A new start forgets.
    await publish([split(0, { seed: 'anew' })])
    const later = await variants()
    later.delete(ids[0]!)
    expect(new Set(later.values())).toEqual(new Set(['b']))
  })

  it('R1 R7 is drawn once however many ask at once; what was seen counts by the chance of that draw', async () => {
    await publish([split(0.5, { seed: 'third', audience: { not: { trait: 'plan', is: 'free' } } })])
    const asked = await Promise.all(Array.from({ length: 8 }, () => at('kept', { anonymousId: 'hasty' }, SECRET_KEY)))
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
    await server.post('/v1/identify', { userId: 'often', traits: {} })
    const answers = await Promise.all(Array.from({ length: 12 }, () => at('note', { userId: 'often' })))
    expect(answers.filter(answer => answer.experience === 'twice')).toHaveLength(2)
    expect(answers.filter(answer => answer.reason === 'capped')).toHaveLength(10)
    expect((await person('often')).bound).toMatchObject({
      version: 2,
      shows: { 'served:experience:twice': [time, time] },
    })
    time += 24 * HOUR
    expect((await at('note', { userId: 'often' })).experience).toBe('twice')
  })

  it('count for somebody who becomes known by asking', async () => {
    for (const expected of ['twice', 'twice', undefined]) {
      expect((await at('note', { anonymousId: 'fresh' })).experience).toBe(expected)
    }
  })

  it('pass over what cannot be stored: for whom nothing may be kept', async () => {
    const context = { consent: { categoryPreferences: { analytics: false } } }
    expect(await at('note', { userId: 'private', context })).toMatchObject({ reason: 'not-bound', content: 'nothing' })
  })

  it('are not used up by asking for all flags at once (OFREP)', async () => {
    const context = { targetingKey: 'flags' }
    const all = await server.call('POST', '/ofrep/v1/evaluate/flags', { key: 'write-key-of-tests', body: { context } })
    const flags = all.json.flags as { key: string; value?: unknown; metadata?: { reason?: string } }[]
    expect(flags.filter(({ key }) => key === 'panel')).toHaveLength(1)
    expect(flags.find(({ key }) => key === 'note')).toMatchObject({ value: 'nothing' })
    const one = await server.call('POST', '/ofrep/v1/evaluate/flags/note', {
      key: 'write-key-of-tests',
      body: { context },
    })
    expect(one.json).toMatchObject({ value: 'twice' })
  })

  it('over what was seen count exposures', async () => {
    await publish([
      touchpoint('seen', { default: 'default' }),
      experience('once', 'seen', 'once', { caps: [{ times: 1, counts: 'seen' }] }),
      experience('later', 'seen', 'later', { priority: -1, requires: [{ experience: 'once', state: 'seen' }] }),
    ])
    const first = await at('seen', { userId: 'looker' })
    expect(first.content).toBe('once')
    expect((await at('seen', { userId: 'looker' })).content).toBe('once')
    await server.post('/v1/track', {
      userId: 'looker',
      event: 'Exposure',
      properties: { decisionId: first.decisionId },
    })
    expect((await at('seen', { userId: 'looker' })).content).toBe('later')
    expect((await person('looker')).bound.seen).toEqual({ once: { at: time, variant: 'a' } })
    // A page made on a server is seen when it is answered.
    expect((await at('seen', { userId: 'served', expose: true })).content).toBe('once')
    expect((await at('seen', { userId: 'served' })).content).toBe('later')
  })
})

describe('offers', () => {
  const offer = (key: string, more: object, variant: object = {}) =>
    experience(
      key,
      key,
      { $offer: true },
      {
        tactic: 'offer',
        offer: more,
        variants: [{ key: 'a', content: { [key]: { $offer: true } }, ...variant }],
      },
    )
  const given = (answers: { offer?: { code?: string } }[]) => answers.flatMap(({ offer }) => offer ?? [])

  it('R1 give each person a code of their own and no more than there are, however many ask at once', async () => {
    const list = ['ONE', 'TWO', 'THREE', 'FOUR']
    await publish([touchpoint('codes', { default: 'none' }), offer('codes', { codes: { list } })])
    const people = Array.from({ length: 9 }, (_, i) => ({ userId: `code-${i}` }))
    const asked = [...people, ...people]
    const answers = await Promise.all(asked.map(who => at('codes', who)))
    const codes = new Map(answers.map((answer, i) => [asked[i]!.userId, answer.offer?.code]))
    const had = [...codes.values()].filter(code => code !== undefined)
    expect(had.sort()).toEqual([...list].sort())
    for (const [i, answer] of answers.entries()) {
      // Both requests of one person have the same.
      expect(answer.offer?.code).toBe(codes.get(asked[i]!.userId))
      if (answer.offer === undefined) expect(answer).toMatchObject({ reason: 'sold-out', content: 'none' })
    }
    expect(given(await Promise.all(people.map(who => at('codes', who))))).toHaveLength(4)
  })

  it('go on with other codes where the list is replaced, and give none of an earlier list again', async () => {
    const publishList = (list: string[], more: object = {}) => publish([offer('lists', { codes: { list }, ...more })])
    const ask = async (n: number) => (await at('lists', { userId: `list-${n}` })).offer?.code
    const all = async (from: number, to: number) => {
      const codes: string[] = []
      for (let n = from; n < to; n++) codes.push((await ask(n)) ?? 'none')
      return codes.sort()
    }
    await publish([touchpoint('lists', { default: 'none' })])
    await publishList(['A', 'B'])
    expect(await all(0, 3)).toEqual(['A', 'B', 'none'])
    await publishList(['C', 'D'])
    expect(await all(2, 5)).toEqual(['C', 'D', 'none'])
    // B and C are given already. What is not given is not taken of the stock either.
    await publishList(['B', 'C', 'E'], { stock: 6 })
    expect(await all(4, 8)).toEqual(['E', 'none', 'none', 'none'])
    expect(await all(0, 2)).toEqual(['A', 'B'])
    await publishList(['B', 'C', 'E', 'F'], { stock: 2 })
    expect(await all(5, 7)).toEqual(['F', 'none'])
  })

  it('that were reserved for a device while it became somebody who has one are given to others', async () => {
    const list = Array.from({ length: 12 }, (_, i) => `CODE-${i}`)
    await publish([touchpoint('merged', { default: 'none' }), offer('merged', { codes: { list }, stock: 12 })])
    const { supplies } = server.services
    const reserve = supplies.reserve.bind(supplies)
    const codes: string[] = []
    try {
      for (let n = 0; n < 6; n++) {
        const [device, user] = [{ anonymousId: `merging-${n}` }, { userId: `merging-${n}` }]
        // Of two people the older one stays: the device half of the times, which is asked for a code by two requests.
        for (const who of n % 2 === 0 ? [device, user] : [user, device]) {
          await server.post('/v1/track', { ...who, event: 'Seen' })
          time += 1000
        }
        let united: Promise<unknown> | undefined
        supplies.reserve = async (workspace, want) => {
          const grant = await reserve(workspace, want)
          united ??= at('merged', user).then(async ({ offer }) => {
            codes.push(offer.code)
            await server.post('/v1/identify', { ...device, ...user })
          })
          // The user’s own request reserves too, and is not kept waiting for itself.
          if (!want.key.startsWith(`${(await person(user.userId)).id}:`)) await united
          return grant
        }
        const asked = await Promise.all([at('merged', device), at('merged', device)])
        supplies.reserve = reserve
        for (const { offer } of asked) expect(offer.code).toBe(codes.at(-1))
      }
    } finally {
      supplies.reserve = reserve
    }
    time += 2000
    for (let n = 6; n < 12; n++) codes.push((await at('merged', { userId: `other-${n}` })).offer?.code)
    expect(codes.sort()).toEqual([...list].sort())
  })

  it('of which somebody was about to get two, since others came free meanwhile, are given to others but for one', async () => {
    const list = Array.from({ length: 12 }, (_, i) => `FREE-${i}`)
    await publish([touchpoint('freed', { default: 'none' }), offer('freed', { codes: { list } })])
    const { supplies, definitions } = server.services
    const { supply } = (await definitions.of('main')).compiled.experiences.get('freed')!.offer!
    const original = supplies.reserve.bind(supplies)
    const taken = await Promise.all(
      list.slice(1).map(async code => {
        const want = { key: `gone:${code}`, experience: 'freed', variant: 'a', cost: 0, supply, expires: undefined }
        return { want, grant: (await original('main', want))! }
      }),
    )
    const codes: string[] = []
    try {
      supplies.reserve = async (workspace, want) => {
        const grant = await original(workspace, want)
        supplies.reserve = original
        for (const other of taken) await supplies.undo('main', other.want, other.grant)
        codes.push((await at('freed', { userId: 'twice' })).offer.code)
        return grant
      }
      expect((await at('freed', { userId: 'twice' })).offer.code).toBe(codes[0])
    } finally {
      supplies.reserve = original
    }
    time += 2000
    for (let n = 1; n < 12; n++) codes.push((await at('freed', { userId: `freed-${n}` })).offer?.code)
    expect(codes.sort()).toEqual([...list].sort())
  })

  describe('of which the last one was reserved and is yet to be bound', () => {
    /** What happens while somebody's reservation is made and not yet bound. */
    const reserving = async <T>(asked: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> => {
      const { supplies } = server.services
      const reserve = supplies.reserve.bind(supplies)
      supplies.reserve = async (workspace, want) => {
        const grant = await reserve(workspace, want)
        supplies.reserve = reserve
        // What a node believes of what is left is old by then.
        time += 2000
        await meanwhile()
        return grant
      }
      try {
        return await asked()
      } finally {
        supplies.reserve = reserve
      }
    }
    const die = () => Promise.reject(new Error('killed for the test'))
    const SUPPLIES = {
      stock: { stock: 1 },
      budget: { budget: 9, cost: 5 },
      codes: { codes: { list: ['LAST'] }, stock: 3 },
    }

    it('R1 one person has one answer: another request of theirs is given the same, others are not', async () => {
      for (const [name, supply] of Object.entries(SUPPLIES)) {
        const key = `last-${name}`
        await publish([touchpoint(key, { default: 'none' }), offer(key, supply)])
        const answers: { reason: string; offer?: object }[] = []
        const ask = async (userId: string) => answers.push(await at(key, { userId }))
        await reserving(
          () => ask('last'),
          async () => {
            await ask('last')
            await ask('late')
          },
        )
        await ask('late')
        expect(answers.map(({ reason }) => reason)).toEqual(['assigned', 'sold-out', 'assigned', 'sold-out'])
        expect(answers[0]!.offer).toEqual(answers[2]!.offer)
      }
    })

    it('who asks again after their request died is given it; also as the person they have become since', async () => {
      for (const [name, supply] of Object.entries(SUPPLIES)) {
        const key = `died-${name}`
        await publish([touchpoint(key, { default: 'none' }), offer(key, supply)])
        expect(await reserving(() => at(key, { userId: key }), die)).toMatchObject({ reason: 'not-bound' })
        time += 2000
        expect((await at(key, { userId: 'late' })).reason).toBe('sold-out')
        expect((await at(key, { userId: key })).offer).toBeDefined()
        // Of two people the older one stays: once the device, once the user.
        for (const isDeviceOlder of [true, false]) {
          const merged = `${key}-${isDeviceOlder}`
          await publish([touchpoint(merged, { default: 'none' }), offer(merged, supply)])
          const [device, user] = [{ anonymousId: `device-${merged}` }, { userId: `user-${merged}` }]
          for (const who of isDeviceOlder ? [device, user] : [user, device]) {
            await server.post('/v1/track', { ...who, event: 'Seen' })
            time += 1000
          }
          const died = isDeviceOlder ? user : device
          expect((await reserving(() => at(merged, died), die)).reason).toBe('not-bound')
          await server.post('/v1/identify', { ...device, ...user })
          time += 2000
          const own = (await at(merged, user)).offer
          expect(own).toBeDefined()
          expect((await at(merged, device)).offer).toEqual(own)
          expect((await at(merged, { userId: 'late' })).reason).toBe('sold-out')
        }
      }
    })
  })

  it('that died with a request are free for others once its person has become one with somebody who has the offer', async () => {
    const { supplies } = server.services
    const reserve = supplies.reserve.bind(supplies)
    const lists = { one: ['ONE', 'TWO'], two: ['THREE', 'FOUR'] }
    for (const [name, again] of Object.entries({ once: undefined, repeated: '3d' })) {
      const list = again === undefined ? lists.one : lists.two
      const body = { codes: { list }, stock: 2, ...(again && { again, lasts: '2d' }) }
      for (const isDeviceOlder of [true, false]) {
        const key = `outdone-${name}-${isDeviceOlder}`
        await publish([touchpoint(key, { default: 'none' }), offer(key, body)])
        const [device, user] = [{ anonymousId: `device-${key}` }, { userId: `user-${key}` }]
        for (const who of isDeviceOlder ? [device, user] : [user, device]) {
          await server.post('/v1/track', { ...who, event: 'Seen' })
          time += 1000
        }
        supplies.reserve = async (workspace, want) => {
          await reserve(workspace, want)
          supplies.reserve = reserve
          throw new Error('killed for the test')
        }
        expect((await at(key, device)).reason).toBe('not-bound')
        const own = (await at(key, user)).offer.code
        await server.post('/v1/identify', { ...device, ...user })
        time += 2000
        expect((await at(key, { userId: 'too-early' })).reason).toBe('sold-out')
        expect((await at(key, device)).offer.code).toBe(own)
        time += 2000
        const other = await at(key, { userId: 'other' })
        // What was given again may have been given before, and is given to nobody else.
        if (again === undefined) expect([own, other.offer?.code].sort()).toEqual([...list].sort())
        else expect(other.reason).toBe('sold-out')
        expect((await at(key, user)).offer.code).toBe(own)
      }
    }
  })

  it('that are given later than they were reserved are kept for as long as they last', async () => {
    await publish([touchpoint('later', { default: 'none' }), offer('later', { stock: 1, lasts: '2h' })])
    const { supplies } = server.services
    const reserve = supplies.reserve.bind(supplies)
    supplies.reserve = async (workspace, want) => {
      await reserve(workspace, want)
      supplies.reserve = reserve
      throw new Error('killed for the test')
    }
    expect((await at('later', { userId: 'later' })).reason).toBe('not-bound')
    time += HOUR
    expect((await at('later', { userId: 'later' })).offer.expires).toBe(time + 2 * HOUR)
    time += 1.5 * HOUR
    expect((await at('later', { userId: 'other' })).reason).toBe('sold-out')
    expect((await server.post('/v1/offers/later/redeem', { person: 'userId:later' })).status).toBe(200)
    time += HOUR
    expect((await at('later', { userId: 'other' })).reason).toBe('sold-out')
  })

  it('make codes that nobody can guess and nobody else has', async () => {
    await publish([touchpoint('made'), offer('made', { codes: { length: 10, prefix: 'HI-' } })])
    const people = Array.from({ length: 30 }, (_, i) => ({ userId: `made-${i}` }))
    const codes = given(await Promise.all(people.map(who => at('made', who)))).map(({ code }) => code)
    expect(new Set(codes).size).toBe(30)
    for (const code of codes) expect(code).toMatch(/^HI-[A-Z2-9]{10}$/)
  })

  it('keep to their budget; what was not used in time is free again, what was used is not', async () => {
    await publish([
      touchpoint('spend', { default: 'none' }),
      offer('spend', { budget: 10, cost: 4.9, lasts: '2d', terms: { percent: 10 } }),
    ])
    const ask = (userId: string) => at('spend', { userId })
    const first = await ask('spend-1')
    expect(first).toMatchObject({ offer: { percent: 10, experience: 'spend', expires: time + 48 * HOUR } })
    expect(first.content).toEqual(first.offer)
    expect((await ask('spend-2')).offer).toBeDefined()
    expect((await ask('spend-3')).reason).toBe('sold-out')
    const redeem = (body: object) => server.post('/v1/offers/spend/redeem', body)
    expect((await redeem({ person: 'userId:spend-3' })).status).toBe(404)
    expect((await redeem({ person: 'userId:spend-1', code: 'x' })).json.error.path).toBe('body.code')
    const used = (await redeem({ person: 'userId:spend-1' })).json
    expect(used).toEqual({ experience: 'spend', variant: 'a', given: time, redeemed: time })
    time += 1000
    expect((await redeem({ person: 'userId:spend-1' })).json).toEqual(used)
    expect((await ask('spend-1')).reason).toBe('offer-used')
    time += 48 * HOUR
    // The second ran out: one may be given again, and asked for again by the same person it is over.
    expect((await ask('spend-2')).reason).toBe('offer-expired')
    const late = await redeem({ person: 'userId:spend-2' })
    expect([late.status, late.json.error.code]).toEqual([410, 'offer_expired'])
    expect((await ask('spend-4')).offer).toBeDefined()
    expect((await ask('spend-5')).reason).toBe('sold-out')
  })

  it('of a budget that the dearest variant cannot be paid from any more are over for the cheaper one at the same moment', async () => {
    await publish([
      touchpoint('arms', { default: 'none' }),
      experience('arms', 'arms', null, {
        tactic: 'offer',
        offer: { budget: 3, cost: 1 },
        policy: { kind: 'rules', rules: [{ when: { trait: 'dear', is: true }, variant: 'dear' }], otherwise: 'cheap' },
        variants: [
          { key: 'dear', offer: { cost: 2 }, content: { arms: { $offer: true } } },
          { key: 'cheap', content: { arms: { $offer: true } } },
        ],
      }),
    ])
    await server.post('/v1/identify', { userId: 'dear', traits: { dear: true } })
    expect((await at('arms', { userId: 'dear' })).variant).toBe('dear')
    expect((await at('arms', { userId: 'cheap' })).reason).toBe('sold-out')
    expect(await server.services.store.counters.used('main', 'offer/arms/budget', time)).toBe(2000)
  })

  it('that were used stay taken when their time is over, though the process died before it said so', async () => {
    await publish([
      touchpoint('used', { default: 'none' }),
      offer('used', { stock: 1, budget: 9, cost: 5, lasts: '2h' }),
    ])
    expect((await at('used', { userId: 'used' })).offer).toBeDefined()
    const { supplies } = server.services
    const { confirm } = supplies
    supplies.confirm = () => Promise.reject(new Error('killed for the test'))
    try {
      expect((await server.post('/v1/offers/used/redeem', { person: 'userId:used' })).status).toBe(500)
    } finally {
      supplies.confirm = confirm
    }
    time += 3 * HOUR
    expect((await at('used', { userId: 'used' })).reason).toBe('offer-used')
    expect((await at('used', { userId: 'other' })).reason).toBe('sold-out')
  })

  describe('of somebody who was given one on two devices', () => {
    const used = (counter: string) => server.services.store.counters.used('main', `offer/${counter}`, time)
    const redeem = async (key: string, person: string, code?: string) => {
      const answer = await server.post(`/v1/offers/${key}/redeem`, { person, ...(code !== undefined && { code }) })
      return answer.status === 200 ? answer.json : answer.json.error
    }
    /** Gives the offer to a visitor, then to a user, and makes them one. */
    const unite = async (key: string, name: string) => {
      const web = (await at(key, { anonymousId: `web-${name}` })).offer.code
      time += 1000
      const app = (await at(key, { userId: name })).offer.code
      time += 1000
      await server.post('/v1/identify', { userId: name, anonymousId: `web-${name}` })
      return [web, app] as [string, string]
    }

    it('either code is good, once; what the other took goes back', async () => {
      await publish([
        touchpoint('pair', { default: 'none' }),
        offer('pair', { codes: { length: 8 }, stock: 9, budget: 90, cost: 10 }),
      ])
      for (const [n, name] of ['pair-a', 'pair-b'].entries()) {
        const codes = await unite('pair', name)
        expect(await used('pair/stock')).toBe(n + 2)
        // Until one is used both may be, and all devices are shown the first.
        expect((await at('pair', { userId: name })).offer.code).toBe(codes[0])
        expect((await redeem('pair', `userId:${name}`, 'none')).path).toBe('body.code')
        const [first, second] = n === 0 ? codes : codes.toReversed()
        const answer = await redeem('pair', `userId:${name}`, first)
        expect(answer).toMatchObject({ code: first, redeemed: time })
        time += 1000
        expect(await redeem('pair', `anonymousId:web-${name}`, first)).toEqual(answer)
        expect(await redeem('pair', `userId:${name}`)).toEqual(answer)
        expect(await redeem('pair', `userId:${name}`, second)).toMatchObject({ code: 'offer_used', path: 'body.code' })
        expect([await used('pair/stock'), await used('pair/budget')]).toEqual([n + 1, (n + 1) * 10_000])
        expect((await at('pair', { anonymousId: `web-${name}` })).reason).toBe('offer-used')
      }
    })

    it('of codes used at the same moment one is good', async () => {
      await publish([touchpoint('race', { default: 'none' }), offer('race', { codes: { length: 8 }, stock: 9 })])
      const codes = await unite('race', 'race')
      const answers = await Promise.all([...codes, ...codes].map(code => redeem('race', 'userId:race', code)))
      const good = answers.filter(answer => answer.redeemed !== undefined)
      expect(good).toHaveLength(2)
      expect(good[0]).toEqual(good[1])
      expect(answers.filter(answer => answer.code === 'offer_used')).toHaveLength(2)
      expect(await used('race/stock')).toBe(1)
    })

    it('used before they were one it is used; what the other took goes back when they are next asked about it', async () => {
      await publish([touchpoint('early', { default: 'none' }), offer('early', { codes: { length: 8 }, stock: 9 })])
      const web = (await at('early', { anonymousId: 'web-early' })).offer.code
      const app = (await at('early', { userId: 'early' })).offer.code
      await redeem('early', 'userId:early', app)
      await server.post('/v1/identify', { userId: 'early', anonymousId: 'web-early' })
      expect(await used('early/stock')).toBe(2)
      expect((await at('early', { anonymousId: 'web-early' })).reason).toBe('offer-used')
      expect(await used('early/stock')).toBe(1)
      const { version } = (await person('early')).bound
      expect((await at('early', { anonymousId: 'web-early' })).reason).toBe('offer-used')
      expect((await person('early')).bound.version).toBe(version)
      expect(await redeem('early', 'userId:early', web)).toMatchObject({ code: 'offer_used' })
      // Or when somebody comes with the code.
      const late = (await at('early', { anonymousId: 'web-late' })).offer.code
      await at('early', { userId: 'late' })
      await redeem('early', 'userId:late')
      await server.post('/v1/identify', { userId: 'late', anonymousId: 'web-late' })
      expect(await used('early/stock')).toBe(3)
      expect(await redeem('early', 'userId:late', late)).toMatchObject({ code: 'offer_used' })
      expect(await used('early/stock')).toBe(2)
    })

    it('R12 and who turn out to be two after all, each has their own again, as far as there are any left', async () => {
      await publish([
        touchpoint('apart', { default: 'none' }),
        offer('apart', { codes: { length: 8 }, stock: 2, lasts: '2d' }),
      ])
      const [web, app] = await unite('apart', 'apart')
      await redeem('apart', 'userId:apart', app)
      expect(await used('apart/stock')).toBe(1)
      const split = await server.post('/v1/profiles/userId:apart/unmerge', { split: 'anonymousId:web-apart' })
      expect(split.status, split.text).toBe(200)
      time += 1000
      expect((await at('apart', { anonymousId: 'web-apart' })).offer.code).toBe(web)
      expect(await redeem('apart', 'userId:apart', web)).toMatchObject({ code: 'not_found' })
      expect((await at('apart', { userId: 'apart-2' })).offer).toBeDefined()
      expect(await redeem('apart', 'anonymousId:web-apart', web)).toMatchObject({ code: 'offer_expired' })
      time += 24 * HOUR
      await publish([offer('apart', { codes: { length: 8 }, stock: 3, lasts: '2d' })])
      expect(await redeem('apart', 'anonymousId:web-apart', web)).toMatchObject({ code: web, redeemed: time })
      expect(await used('apart/stock')).toBe(3)
    })
  })

  it('who is held out takes nothing of it', async () => {
    await publish([
      touchpoint('half', { default: 'none' }),
      { ...offer('half', { stock: 100 }), body: { ...offer('half', { stock: 100 }).body, control: 0.5 } },
    ])
    const people = Array.from({ length: 60 }, (_, i) => ({ userId: `half-${i}` }))
    const answers = await Promise.all(people.map(who => at('half', who)))
    const used = await server.services.store.counters.used('main', 'offer/half/stock', time)
    expect(used).toBe(answers.filter(answer => answer.offer !== undefined).length)
    expect(answers.filter(answer => answer.control).length).toBe(60 - used)
    expect(used).toBeGreaterThan(15)
  })
})

describe('prices', () => {
  it('are stored before they are told, stay while they last, and are audited', async () => {
    await server.post('/v1/identify', { userId: 'payer', traits: {} })
    const answers = await Promise.all(Array.from({ length: 5 }, () => at('tag', { userId: 'payer' })))
    const shown = { id: 'hat', price: 18, list: 20, currency: 'EUR', until: time + 7 * 24 * HOUR }
    for (const answer of answers) expect(answer.content).toEqual(shown)
    await server.post('/v1/catalog', {
      items: [{ id: 'hat', title: 'Hat', price: 40, cost: 10, currency: 'EUR', stock: 2 }],
    })
    time += 24 * HOUR
    expect((await at('tag', { userId: 'payer' })).content).toEqual(shown)
    expect((await at('tag', { userId: 'later' })).content).toMatchObject({ price: 36 })
    const { id } = await person('payer')
    const audit = (await server.get('/v1/experiences/sale/quotes')).json
    expect(audit.quotes.map((one: { price: number }) => one.price)).toEqual([36, 18])
    expect(audit.quotes[1]).toEqual({
      at: time - 24 * HOUR,
      profile: id,
      item: 'hat',
      price: 18,
      list: 20,
      currency: 'EUR',
      until: shown.until,
      version: 1,
      variant: 'a',
    })
    const page = (await server.get('/v1/experiences/sale/quotes?limit=1')).json
    const rest = (await server.get(`/v1/experiences/sale/quotes?limit=1&before=${page.next}`)).json
    expect([page.quotes[0].price, rest.quotes[0].price]).toEqual([36, 18])
  })
})

describe('the support panel', () => {
  it('answers ranked experiences, the first of them as the answer: the next best action', async () => {
    await server.post('/v1/identify', { userId: 'caller', traits: { firstName: 'Cy', plan: 'free' } })
    const answer = await at('panel', { userId: 'caller' }, SECRET_KEY)
    expect(answer).toMatchObject({ experience: 'refund', content: 'offer a refund to Cy' })
    expect(answer.ranked.map((one: { content: string }) => one.content)).toEqual(['offer a refund to Cy', 'upgrade'])
    for (const one of answer.ranked) expect(one.decisionId).toEqual(expect.any(String))
    expect(new Set(answer.ranked.map((one: { decisionId: string }) => one.decisionId)).size).toBe(2)
  })
})

describe('checking before a launch', () => {
  it('a signed link forces variants for whoever opens it: in the query, the body or the context', async () => {
    await publish([
      touchpoint('qa', { default: 'default' }),
      experience('draft', 'qa', 'forced', { status: 'draft', schedule: { start: '2027-01-01' } }),
    ])
    const make = (body: object) => server.post('/v1/links', { allows: ['preview'], ...body })
    const { link } = (await make({ variants: { draft: 'a' }, hours: 2 })).json
    const body = { touchpoints: ['qa'], anonymousId: 'tester' }
    const before = (await server.get('/v1/summary')).json.totals.decisions
    for (const answer of [
      await decide({ ...body, link }),
      await decide({ ...body, context: { link } }),
      await server.post(`/v1/decide?link=${link}`, body),
    ]) {
      expect(answer.json.answers.qa, answer.text).toMatchObject({ reason: 'preview', content: 'forced', variant: 'a' })
      expect(answer.json.answers.qa).not.toHaveProperty('decisionId')
    }
    expect((await decide(body)).json.answers.qa.content).toBe('default')
    await server.services.shipper.drain(10_000)
    expect((await server.get('/v1/summary')).json.totals.decisions).toBeLessThanOrEqual(before + 30)
    time += 2 * HOUR
    expect((await decide({ ...body, link })).json.error.code).toBe('bad_link')
    expect((await decide({ ...body, link: `${link}x` })).json.error.code).toBe('bad_link')
    expect((await make({ variants: { draft: 'b' } })).json.error.path).toBe('body.variants.draft')
    const explains = { allows: ['explain'], userId: 'ada', variants: { draft: 'a' } }
    expect((await server.post('/v1/links', explains)).status).toBe(400)
  })

  it('a link may show another time', async () => {
    await publish([
      touchpoint('soon', { default: 'now' }),
      experience('soon', 'soon', 'soon', { schedule: { start: '2027-01-01' } }),
    ])
    const { link } = (await server.post('/v1/links', { allows: ['preview'], at: '2027-01-02T00:00:00Z' })).json
    expect((await at('soon', { anonymousId: 't', link })).content).toBe('soon')
    expect((await at('soon', { anonymousId: 't' })).content).toBe('now')
  })

  it('a secret key may look as any person, at any time; it binds nothing and makes nobody', async () => {
    await server.post('/v1/identify', { userId: 'viewed', traits: { firstName: 'Vi' } })
    const { id } = await person('viewed')
    for (const as of [id, 'userId:viewed']) {
      const answer = await at('hero', { preview: { as } }, SECRET_KEY)
      expect(answer.content).toEqual({ title: 'Hi Vi' })
    }
    const later = { preview: { as: id, at: new Date(time + 30 * 24 * HOUR).toISOString() } }
    expect((await at('note', later, SECRET_KEY)).content).toBe('twice')
    expect((await at('tag', later, SECRET_KEY)).content).toMatchObject({ price: 36 })
    expect(await person('viewed')).not.toHaveProperty('bound')
    expect((await decide({ touchpoints: ['hero'], preview: { as: 'userId:nobody' } }, SECRET_KEY)).status).toBe(404)
    expect((await decide({ touchpoints: ['hero'], userId: 'x', preview: { as: id } })).json.error.code).toBe(
      'link_required',
    )
  })

  it('collisions are told', async () => {
    await publish([
      touchpoint('crowd'),
      experience('crowd-a', 'crowd', 1),
      experience('crowd-b', 'crowd', 2, { status: 'draft' }),
    ])
    const { collisions, more } = (await server.get('/v1/collisions')).json
    expect(collisions.filter((one: { touchpoint: string }) => one.touchpoint === 'crowd')).toMatchObject([
      { kind: 'never-shown', experiences: ['crowd-a', 'crowd-b'] },
    ])
    expect(more).toBe(false)
    const changes = [
      experience('crowd-c', 'crowd', 3, { status: 'draft', audience: { trait: 'x', is: 1 }, priority: 9 }),
    ]
    const planned = (await server.post('/v1/definitions', { changes, dryRun: true })).json.collisions.collisions
    expect(planned.filter((one: { experiences: string[] }) => one.experiences.includes('crowd-c'))).toMatchObject([
      { kind: 'overlap', experiences: ['crowd-c', 'crowd-a'] },
    ])
    expect((await server.get('/v1/collisions', { key: 'write-key-of-tests' })).status).toBe(403)
  })
})
