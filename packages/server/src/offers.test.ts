import { describe, expect, it } from 'vitest'
import { experience, HOUR, testShop, touchpoint } from './testing/shop.ts'

const shop = testShop()

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
    await shop.publish([touchpoint('codes', { default: 'none' }), offer('codes', { codes: { list } })])
    const people = Array.from({ length: 9 }, (_, i) => ({ userId: `code-${i}` }))
    const asked = [...people, ...people]
    const answers = await Promise.all(asked.map(who => shop.at('codes', who)))
    const codes = new Map(answers.map((answer, i) => [asked[i]!.userId, answer.offer?.code]))
    const had = [...codes.values()].filter(code => code !== undefined)
    expect(had.sort()).toEqual([...list].sort())
    for (const [i, answer] of answers.entries()) {
      // Both requests of one person have the same.
      expect(answer.offer?.code).toBe(codes.get(asked[i]!.userId))
      if (answer.offer === undefined) expect(answer).toMatchObject({ reason: 'sold-out', content: 'none' })
    }
    expect(given(await Promise.all(people.map(who => shop.at('codes', who))))).toHaveLength(4)
  })

  it('go on with other codes where the list is replaced, and give none of an earlier list again', async () => {
    const publishList = (list: string[], more: object = {}) =>
      shop.publish([offer('lists', { codes: { list }, ...more })])
    const ask = async (n: number) => (await shop.at('lists', { userId: `list-${n}` })).offer?.code
    const all = async (from: number, to: number) => {
      const codes: string[] = []
      for (let n = from; n < to; n++) codes.push((await ask(n)) ?? 'none')
      return codes.sort()
    }
    await shop.publish([touchpoint('lists', { default: 'none' })])
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
    await shop.publish([touchpoint('merged', { default: 'none' }), offer('merged', { codes: { list }, stock: 12 })])
    const { supplies } = shop.server.services
    const reserve = supplies.reserve.bind(supplies)
    const codes: string[] = []
    try {
      for (let n = 0; n < 6; n++) {
        const [device, user] = [{ anonymousId: `merging-${n}` }, { userId: `merging-${n}` }]
        // Of two people the older one stays: the device half of the times, which is asked for a code by two requests.
        for (const who of n % 2 === 0 ? [device, user] : [user, device]) {
          await shop.server.post('/v1/track', { ...who, event: 'Seen' })
          shop.time += 1000
        }
        let united: Promise<unknown> | undefined
        supplies.reserve = async (workspace, want) => {
          const grant = await reserve(workspace, want)
          united ??= shop.at('merged', user).then(async ({ offer }) => {
            codes.push(offer.code)
            await shop.server.post('/v1/identify', { ...device, ...user })
          })
          // The user’s own request reserves too, and is not kept waiting for itself.
          if (!want.key.startsWith(`${(await shop.person(user.userId)).id}:`)) await united
          return grant
        }
        const asked = await Promise.all([shop.at('merged', device), shop.at('merged', device)])
        supplies.reserve = reserve
        for (const { offer } of asked) expect(offer.code).toBe(codes.at(-1))
      }
    } finally {
      supplies.reserve = reserve
    }
    shop.time += 2000
    for (let n = 6; n < 12; n++) codes.push((await shop.at('merged', { userId: `other-${n}` })).offer?.code)
    expect(codes.sort()).toEqual([...list].sort())
  })

  it('of which somebody was about to get two, since others came free meanwhile, are given to others but for one', async () => {
    const list = Array.from({ length: 12 }, (_, i) => `FREE-${i}`)
    await shop.publish([touchpoint('freed', { default: 'none' }), offer('freed', { codes: { list } })])
    const { supplies, definitions } = shop.server.services
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
        codes.push((await shop.at('freed', { userId: 'twice' })).offer.code)
        return grant
      }
      expect((await shop.at('freed', { userId: 'twice' })).offer.code).toBe(codes[0])
    } finally {
      supplies.reserve = original
    }
    shop.time += 2000
    for (let n = 1; n < 12; n++) codes.push((await shop.at('freed', { userId: `freed-${n}` })).offer?.code)
    expect(codes.sort()).toEqual([...list].sort())
  })

  describe('of which the last one was reserved and is yet to be bound', () => {
    /** What happens while somebody's reservation is made and not yet bound. */
    const reserving = async <T>(asked: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> => {
      const { supplies } = shop.server.services
      const reserve = supplies.reserve.bind(supplies)
      supplies.reserve = async (workspace, want) => {
        const grant = await reserve(workspace, want)
        supplies.reserve = reserve
        // What a node believes of what is left is old by then.
        shop.time += 2000
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
        await shop.publish([touchpoint(key, { default: 'none' }), offer(key, supply)])
        const answers: { reason: string; offer?: object }[] = []
        const ask = async (userId: string) => answers.push(await shop.at(key, { userId }))
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
        await shop.publish([touchpoint(key, { default: 'none' }), offer(key, supply)])
        expect(await reserving(() => shop.at(key, { userId: key }), die)).toMatchObject({ reason: 'not-bound' })
        shop.time += 2000
        expect((await shop.at(key, { userId: 'late' })).reason).toBe('sold-out')
        expect((await shop.at(key, { userId: key })).offer).toBeDefined()
        // Of two people the older one stays: once the device, once the user.
        for (const isDeviceOlder of [true, false]) {
          const merged = `${key}-${isDeviceOlder}`
          await shop.publish([touchpoint(merged, { default: 'none' }), offer(merged, supply)])
          const [device, user] = [{ anonymousId: `device-${merged}` }, { userId: `user-${merged}` }]
          for (const who of isDeviceOlder ? [device, user] : [user, device]) {
            await shop.server.post('/v1/track', { ...who, event: 'Seen' })
            shop.time += 1000
          }
          const died = isDeviceOlder ? user : device
          expect((await reserving(() => shop.at(merged, died), die)).reason).toBe('not-bound')
          await shop.server.post('/v1/identify', { ...device, ...user })
          shop.time += 2000
          const own = (await shop.at(merged, user)).offer
          expect(own).toBeDefined()
          expect((await shop.at(merged, device)).offer).toEqual(own)
          expect((await shop.at(merged, { userId: 'late' })).reason).toBe('sold-out')
        }
      }
    })
  })

  it('that died with a request are free for others once its person has become one with somebody who has the offer', async () => {
    const { supplies } = shop.server.services
    const reserve = supplies.reserve.bind(supplies)
    const lists = { one: ['ONE', 'TWO'], two: ['THREE', 'FOUR'] }
    for (const [name, again] of Object.entries({ once: undefined, repeated: '3d' })) {
      const list = again === undefined ? lists.one : lists.two
      const body = { codes: { list }, stock: 2, ...(again && { again, lasts: '2d' }) }
      for (const isDeviceOlder of [true, false]) {
        const key = `outdone-${name}-${isDeviceOlder}`
        await shop.publish([touchpoint(key, { default: 'none' }), offer(key, body)])
        const [device, user] = [{ anonymousId: `device-${key}` }, { userId: `user-${key}` }]
        for (const who of isDeviceOlder ? [device, user] : [user, device]) {
          await shop.server.post('/v1/track', { ...who, event: 'Seen' })
          shop.time += 1000
        }
        supplies.reserve = async (workspace, want) => {
          await reserve(workspace, want)
          supplies.reserve = reserve
          throw new Error('killed for the test')
        }
        expect((await shop.at(key, device)).reason).toBe('not-bound')
        const own = (await shop.at(key, user)).offer.code
        await shop.server.post('/v1/identify', { ...device, ...user })
        shop.time += 2000
        expect((await shop.at(key, { userId: 'too-early' })).reason).toBe('sold-out')
        expect((await shop.at(key, device)).offer.code).toBe(own)
        shop.time += 2000
        const other = await shop.at(key, { userId: 'other' })
        // What was given again may have been given before, and is given to nobody else.
        if (again === undefined) expect([own, other.offer?.code].sort()).toEqual([...list].sort())
        else expect(other.reason).toBe('sold-out')
        expect((await shop.at(key, user)).offer.code).toBe(own)
      }
    }
  })

  it('that are given later than they were reserved are kept for as long as they last', async () => {
    await shop.publish([touchpoint('later', { default: 'none' }), offer('later', { stock: 1, lasts: '2h' })])
    const { supplies } = shop.server.services
    const reserve = supplies.reserve.bind(supplies)
    supplies.reserve = async (workspace, want) => {
      await reserve(workspace, want)
      supplies.reserve = reserve
      throw new Error('killed for the test')
    }
    expect((await shop.at('later', { userId: 'later' })).reason).toBe('not-bound')
    shop.time += HOUR
    expect((await shop.at('later', { userId: 'later' })).offer.expires).toBe(shop.time + 2 * HOUR)
    shop.time += 1.5 * HOUR
    expect((await shop.at('later', { userId: 'other' })).reason).toBe('sold-out')
    expect((await shop.server.post('/v1/offers/later/redeem', { person: 'userId:later' })).status).toBe(200)
    shop.time += HOUR
    expect((await shop.at('later', { userId: 'other' })).reason).toBe('sold-out')
  })

  it('given in the millisecond in which they could not be shown are given again when it is time', async () => {
    const content = { turned: [{ $item: 'scarf' }, '{{ offer.code }}'] }
    const variants = [{ key: 'a', content }]
    const more = { codes: { length: 8 }, stock: 1, lasts: '1d', again: '2d' }
    const turned = experience('turned', 'turned', null, { tactic: 'offer', offer: more, variants })
    await shop.publish([touchpoint('turned', { default: 'none' }), turned])
    const ask = () => shop.at('turned', { userId: 'turned' })
    expect(await ask()).toMatchObject({ reason: 'missing-item', content: 'none' })
    await shop.server.post('/v1/catalog', { items: [{ id: 'scarf', title: 'Scarf' }] })
    const first = (await ask()).offer?.code
    expect(first).toBeDefined()
    shop.time += 49 * HOUR
    const second = await ask()
    expect(second).toMatchObject({ reason: 'assigned' })
    expect(second.offer.code).not.toBe(first)
  })

  it('make codes that nobody can guess and nobody else has', async () => {
    await shop.publish([touchpoint('made'), offer('made', { codes: { length: 10, prefix: 'HI-' } })])
    const people = Array.from({ length: 30 }, (_, i) => ({ userId: `made-${i}` }))
    const codes = given(await Promise.all(people.map(who => shop.at('made', who)))).map(({ code }) => code)
    expect(new Set(codes).size).toBe(30)
    for (const code of codes) expect(code).toMatch(/^HI-[A-Z2-9]{10}$/)
  })

  it('keep to their budget; what was not used in time is free again, what was used is not', async () => {
    await shop.publish([
      touchpoint('spend', { default: 'none' }),
      offer('spend', { budget: 10, cost: 4.9, lasts: '2d', terms: { percent: 10 } }),
    ])
    const ask = (userId: string) => shop.at('spend', { userId })
    const first = await ask('spend-1')
    expect(first).toMatchObject({ offer: { percent: 10, experience: 'spend', expires: shop.time + 48 * HOUR } })
    expect(first.content).toEqual(first.offer)
    expect((await ask('spend-2')).offer).toBeDefined()
    expect((await ask('spend-3')).reason).toBe('sold-out')
    const redeem = (body: object) => shop.server.post('/v1/offers/spend/redeem', body)
    expect((await redeem({ person: 'userId:spend-3' })).status).toBe(404)
    expect((await redeem({ person: 'userId:spend-1', code: 'x' })).json.error.path).toBe('body.code')
    const used = (await redeem({ person: 'userId:spend-1' })).json
    expect(used).toEqual({ experience: 'spend', variant: 'a', given: shop.time, redeemed: shop.time })
    shop.time += 1000
    expect((await redeem({ person: 'userId:spend-1' })).json).toEqual(used)
    expect((await ask('spend-1')).reason).toBe('offer-used')
    shop.time += 48 * HOUR
    // The second ran out: one may be given again, and asked for again by the same person it is over.
    expect((await ask('spend-2')).reason).toBe('offer-expired')
    const late = await redeem({ person: 'userId:spend-2' })
    expect([late.status, late.json.error.code]).toEqual([410, 'offer_expired'])
    expect((await ask('spend-4')).offer).toBeDefined()
    expect((await ask('spend-5')).reason).toBe('sold-out')
  })

  it('of a budget that the dearest variant cannot be paid from any more are over for the cheaper one at the same moment', async () => {
    await shop.publish([
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
    await shop.server.post('/v1/identify', { userId: 'dear', traits: { dear: true } })
    expect((await shop.at('arms', { userId: 'dear' })).variant).toBe('dear')
    expect((await shop.at('arms', { userId: 'cheap' })).reason).toBe('sold-out')
    expect(await shop.server.services.store.counters.used('main', 'offer/arms/budget', shop.time)).toBe(2000)
  })

  it('that were used stay taken when their time is over, though the process died before it said so', async () => {
    await shop.publish([
      touchpoint('used', { default: 'none' }),
      offer('used', { stock: 1, budget: 9, cost: 5, lasts: '2h' }),
    ])
    expect((await shop.at('used', { userId: 'used' })).offer).toBeDefined()
    const { supplies } = shop.server.services
    const { confirm } = supplies
    supplies.confirm = () => Promise.reject(new Error('killed for the test'))
    try {
      expect((await shop.server.post('/v1/offers/used/redeem', { person: 'userId:used' })).status).toBe(500)
    } finally {
      supplies.confirm = confirm
    }
    shop.time += 3 * HOUR
    expect((await shop.at('used', { userId: 'used' })).reason).toBe('offer-used')
    expect((await shop.at('used', { userId: 'other' })).reason).toBe('sold-out')
  })

  describe('of somebody who was given one on two devices', () => {
    const used = (counter: string) => shop.server.services.store.counters.used('main', `offer/${counter}`, shop.time)
    const redeem = async (key: string, person: string, code?: string) => {
      const answer = await shop.server.post(`/v1/offers/${key}/redeem`, { person, ...(code !== undefined && { code }) })
      return answer.status === 200 ? answer.json : answer.json.error
    }
    /** Gives the offer to a visitor, then to a user, and makes them one. */
    const unite = async (key: string, name: string) => {
      const web = (await shop.at(key, { anonymousId: `web-${name}` })).offer.code
      shop.time += 1000
      const app = (await shop.at(key, { userId: name })).offer.code
      shop.time += 1000
      await shop.server.post('/v1/identify', { userId: name, anonymousId: `web-${name}` })
      return [web, app] as [string, string]
    }

    it('either code is good, once; what the other took goes back', async () => {
      await shop.publish([
        touchpoint('pair', { default: 'none' }),
        offer('pair', { codes: { length: 8 }, stock: 9, budget: 90, cost: 10 }),
      ])
      for (const [n, name] of ['pair-a', 'pair-b'].entries()) {
        const codes = await unite('pair', name)
        expect(await used('pair/stock')).toBe(n + 2)
        // Until one is used both may be, and all devices are shown the first.
        expect((await shop.at('pair', { userId: name })).offer.code).toBe(codes[0])
        expect((await redeem('pair', `userId:${name}`, 'none')).path).toBe('body.code')
        const [first, second] = n === 0 ? codes : codes.toReversed()
        const answer = await redeem('pair', `userId:${name}`, first)
        expect(answer).toMatchObject({ code: first, redeemed: shop.time })
        shop.time += 1000
        expect(await redeem('pair', `anonymousId:web-${name}`, first)).toEqual(answer)
        expect(await redeem('pair', `userId:${name}`)).toEqual(answer)
        expect(await redeem('pair', `userId:${name}`, second)).toMatchObject({ code: 'offer_used', path: 'body.code' })
        expect([await used('pair/stock'), await used('pair/budget')]).toEqual([n + 1, (n + 1) * 10_000])
        expect((await shop.at('pair', { anonymousId: `web-${name}` })).reason).toBe('offer-used')
      }
    })

    it('of codes used at the same moment one is good', async () => {
      await shop.publish([touchpoint('race', { default: 'none' }), offer('race', { codes: { length: 8 }, stock: 9 })])
      const codes = await unite('race', 'race')
      const answers = await Promise.all([...codes, ...codes].map(code => redeem('race', 'userId:race', code)))
      const good = answers.filter(answer => answer.redeemed !== undefined)
      expect(good).toHaveLength(2)
      expect(good[0]).toEqual(good[1])
      expect(answers.filter(answer => answer.code === 'offer_used')).toHaveLength(2)
      expect(await used('race/stock')).toBe(1)
    })

    it('used before they were one it is used; what the other took goes back when they are next asked about it', async () => {
      await shop.publish([touchpoint('early', { default: 'none' }), offer('early', { codes: { length: 8 }, stock: 9 })])
      const web = (await shop.at('early', { anonymousId: 'web-early' })).offer.code
      const app = (await shop.at('early', { userId: 'early' })).offer.code
      await redeem('early', 'userId:early', app)
      await shop.server.post('/v1/identify', { userId: 'early', anonymousId: 'web-early' })
      expect(await used('early/stock')).toBe(2)
      expect((await shop.at('early', { anonymousId: 'web-early' })).reason).toBe('offer-used')
      expect(await used('early/stock')).toBe(1)
      const { version } = (await shop.person('early')).bound
      expect((await shop.at('early', { anonymousId: 'web-early' })).reason).toBe('offer-used')
      expect((await shop.person('early')).bound.version).toBe(version)
      expect(await redeem('early', 'userId:early', web)).toMatchObject({ code: 'offer_used' })
      // Or when somebody comes with the code.
      const late = (await shop.at('early', { anonymousId: 'web-late' })).offer.code
      await shop.at('early', { userId: 'late' })
      await redeem('early', 'userId:late')
      await shop.server.post('/v1/identify', { userId: 'late', anonymousId: 'web-late' })
      expect(await used('early/stock')).toBe(3)
      expect(await redeem('early', 'userId:late', late)).toMatchObject({ code: 'offer_used' })
      expect(await used('early/stock')).toBe(2)
    })

    it('what the other took goes back when they next ask, though the process died when that was stored', async () => {
      await shop.publish([touchpoint('left', { default: 'none' }), offer('left', { codes: { length: 8 }, stock: 9 })])
      const { counters } = shop.server.services.store
      const { release } = counters
      /** What is asked is stored; what then is to be given back is not. */
      const dying = async (asked: () => Promise<unknown>) => {
        counters.release = () => Promise.reject(new Error('killed for the test'))
        try {
          await asked()
        } finally {
          counters.release = release
        }
      }
      // The use itself is stored, and the process dies over the rest.
      await unite('left', 'left-a')
      await dying(async () => expect(await redeem('left', 'userId:left-a')).toMatchObject({ code: 'internal' }))
      expect(await used('left/stock')).toBe(2)
      expect((await shop.at('left', { userId: 'left-a' })).reason).toBe('offer-used')
      expect(await used('left/stock')).toBe(1)
      // It was used before they were one: the next request stores that the other goes back.
      await shop.at('left', { anonymousId: 'web-left-b' })
      await shop.at('left', { userId: 'left-b' })
      await redeem('left', 'userId:left-b')
      await shop.server.post('/v1/identify', { userId: 'left-b', anonymousId: 'web-left-b' })
      await dying(() => shop.at('left', { userId: 'left-b' }))
      expect(await used('left/stock')).toBe(3)
      expect((await shop.at('left', { anonymousId: 'web-left-b' })).reason).toBe('offer-used')
      expect(await used('left/stock')).toBe(2)
    })

    it('R12 and who turn out to be two after all, each has their own again, as far as there are any left', async () => {
      await shop.publish([
        touchpoint('apart', { default: 'none' }),
        offer('apart', { codes: { length: 8 }, stock: 2, lasts: '2d' }),
      ])
      const [web, app] = await unite('apart', 'apart')
      await redeem('apart', 'userId:apart', app)
      expect(await used('apart/stock')).toBe(1)
      const split = await shop.server.post('/v1/profiles/userId:apart/unmerge', { split: 'anonymousId:web-apart' })
      expect(split.status, split.text).toBe(200)
      shop.time += 1000
      expect((await shop.at('apart', { anonymousId: 'web-apart' })).offer.code).toBe(web)
      expect(await redeem('apart', 'userId:apart', web)).toMatchObject({ code: 'not_found' })
      expect((await shop.at('apart', { userId: 'apart-2' })).offer).toBeDefined()
      expect(await redeem('apart', 'anonymousId:web-apart', web)).toMatchObject({ code: 'offer_expired' })
      shop.time += 24 * HOUR
      await shop.publish([offer('apart', { codes: { length: 8 }, stock: 3, lasts: '2d' })])
      expect(await redeem('apart', 'anonymousId:web-apart', web)).toMatchObject({ code: web, redeemed: shop.time })
      expect(await used('apart/stock')).toBe(3)
    })
  })

  it('who is held out takes nothing of it', async () => {
    await shop.publish([
      touchpoint('half', { default: 'none' }),
      { ...offer('half', { stock: 100 }), body: { ...offer('half', { stock: 100 }).body, control: 0.5 } },
    ])
    const people = Array.from({ length: 60 }, (_, i) => ({ userId: `half-${i}` }))
    const answers = await Promise.all(people.map(who => shop.at('half', who)))
    const used = await shop.server.services.store.counters.used('main', 'offer/half/stock', shop.time)
    expect(used).toBe(answers.filter(answer => answer.offer !== undefined).length)
    expect(answers.filter(answer => answer.control).length).toBe(60 - used)
    expect(used).toBeGreaterThan(15)
  })
})
