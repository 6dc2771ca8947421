import { beforeAll, describe, expect, it } from 'vitest'
import type { Definition } from '../definition/definition.ts'
import { relativeLift } from '../experiment/lift.ts'
import { armSample } from '../experiment/sample.ts'
import { armOfPeople } from '../experiment/testing.ts'
import { bucketKeyOf } from '../identity/bucketKey.ts'
import { random } from '../random/random.ts'
import type { Entry, ExposedAnswer } from '../stream/entry.ts'
import { TEST_NOW, TestStream, unmergeOf } from '../stream/testing.ts'
import { compile } from './compile.ts'
import { decide } from './decide.ts'

const experience = {
  tactic: 'content',
  touchpoints: ['hero'],
  control: 0.1,
  variants: [{ key: 'same', content: { hero: 'as ever' } }],
}
const bodies: [kind: Definition['kind'], key: string, body: object][] = [
  ['settings', 'workspace', { holdout: 0 }],
  ['touchpoint', 'hero', { channel: 'web', default: 'as ever' }],
  ['experience', 'nothing', experience],
]
/** An experience that changes nothing: 90 % get it, 10 % are its control group. */
const set = compile({
  version: 1,
  definitions: bodies.map(
    ([kind, key, body]) => ({ kind, key, version: 1, published: 0, author: '', archived: false, body }) as Definition,
  ),
})

type Who = { readonly anonymousId?: string; readonly userId?: string }
interface Someone {
  readonly userId: string
  readonly devices: readonly string[]
}

/** A stream in which visitors are decided for as the server does it, and see what they are answered. */
class Site {
  readonly stream = new TestStream()
  #hour = 0

  /** All of them visit, an hour after whatever was before: they become people, are decided for, and see it. */
  visit(visitors: readonly Who[]): void {
    const now = this.#later()
    this.stream.take(...visitors.map((who): Entry => ({ kind: 'appearance', at: now, ...who })))
    this.stream.take(
      ...visitors.map(who => ({ ...this.#event({ ...who, event: 'Exposure' }), exposure: this.#answer(who, now) })),
    )
  }

  tell(items: readonly object[]): void {
    this.#later()
    this.stream.take(...items.map(item => this.#event(item)))
  }

  armOf(who: Who): boolean {
    return this.#answer(who, this.stream.now).control
  }

  #later(): number {
    this.stream.now = TEST_NOW + ++this.#hour * 3_600_000
    return this.stream.now
  }

  #event(item: object) {
    return this.stream.event(item)
  }

  #answer({ userId, anonymousId }: Who, now: number): ExposedAnswer {
    const profile = this.stream.find(userId === undefined ? `anonymousId:${anonymousId}` : `userId:${userId}`)
    const { answers } = decide({ set, profile, context: {}, now, touchpoints: ['hero'], items: () => undefined })
    const { control, holdout, propensity, variant = '' } = answers[0]!
    return {
      requestId: 'r',
      touchpoint: 'hero',
      experience: 'nothing',
      version: 1,
      variant,
      control,
      holdout,
      propensity,
    }
  }
}

/** 30 % use two devices, and buy three times as much. They look around on both before they log in on both. */
function run(people: number, seed: string): Site {
  const site = new Site()
  const rng = random(seed)
  const everybody: Someone[] = Array.from({ length: people }, (_, i) => ({
    userId: `u${i}`,
    devices: i % 10 < 3 ? [`phone${i}`, `laptop${i}`] : [`phone${i}`],
  }))
  const on = (n: number) => everybody.flatMap(({ devices }) => (devices[n] ? [{ anonymousId: devices[n] }] : []))
  site.visit(on(0))
  site.visit(on(1))
  site.tell(
    everybody.flatMap(({ userId, devices }) => devices.map(anonymousId => ({ type: 'identify', userId, anonymousId }))),
  )
  site.visit(everybody.map(({ userId }) => ({ userId })))
  site.tell(
    everybody.flatMap(({ userId, devices }) =>
      Array.from({ length: rng.poisson(devices.length === 2 ? 1.2 : 0.4) }, () => ({
        userId,
        event: 'Order Completed',
      })),
    ),
  )
  return site
}

/** As the warehouse does it: each person's exposures in time, and their orders, merges followed. */
function analysed({ stream }: Site): { control: boolean; mixed: boolean; orders: number }[] {
  const personOf = (source: unknown) => {
    const found = stream.people.profile(source as string)!
    return 'mergedInto' in found ? found.mergedInto : found.id
  }
  const people = new Map<string, { control: boolean; mixed: boolean; orders: number }>()
  for (const { profile, control } of stream.lines('exposures')) {
    const id = personOf(profile)
    const known = people.get(id)
    if (known === undefined) people.set(id, { control: control as boolean, mixed: false, orders: 0 })
    else known.mixed ||= control !== known.control
  }
  for (const { profile, name } of stream.lines('events')) {
    if (name === 'Order Completed') people.get(personOf(profile))!.orders++
  }
  return [...people.values()]
}

function liftOf(people: readonly { readonly control: boolean; readonly orders: number }[]) {
  const sample = (control: boolean) =>
    armSample(
      armOfPeople(
        control ? '' : 'same',
        people.filter(person => person.control === control).map(({ orders }) => ({ value: orders })),
      ),
      'sum',
    )
  return relativeLift(sample(true), sample(false))
}

describe('R6 an A/A experiment, 90 to 10, with 30 % of people on two devices', () => {
  let people: ReturnType<typeof analysed>
  beforeAll(() => {
    people = analysed(run(3000, 'a/a'))
  })

  it('mixes some people up before they are known: a fifth of those with two devices', () => {
    const mixed = people.filter(person => person.mixed).length
    expect(people).toHaveLength(3000)
    expect(mixed / 900).toBeGreaterThan(0.14)
    expect(mixed / 900).toBeLessThan(0.22)
  })

  it('shows no false lift by the arm of the first exposure', () => {
    const { value, interval } = liftOf(people) as unknown as { value: number; interval: [number, number] }
    expect(Math.abs(value)).toBeLessThan(0.12)
    expect(interval[0]).toBeLessThan(0)
    expect(interval[1]).toBeGreaterThan(0)
  })

  it('would show one, and be sure of it, were people dropped who saw both arms', () => {
    const { value, interval } = liftOf(people.filter(person => !person.mixed)) as unknown as {
      value: number
      interval: [number, number]
    }
    expect(value).toBeGreaterThan(0.3)
    expect(interval[0]).toBeGreaterThan(0.1)
  })

  it('shows none in repeated smaller ones either, in which dropping people always shows one', () => {
    const repeated = Array.from({ length: 4 }, (_, i) => analysed(run(700, `repeated ${i}`)))
    const mean = (lifts: readonly number[]) => lifts.reduce((sum, lift) => sum + lift, 0) / lifts.length
    const fair = repeated.map(some => liftOf(some).value!)
    const dropped = repeated.map(some => liftOf(some.filter(person => !person.mixed)).value!)
    expect(Math.abs(mean(fair))).toBeLessThan(0.15)
    expect(mean(dropped)).toBeGreaterThan(mean(fair) + 0.2)
  })
})

describe('assignments', () => {
  it('survive login: whoever was decided for first decides', () => {
    const site = new Site()
    for (let i = 0; i < 60; i++) {
      const [phone, laptop, userId] = [`p${i}`, `l${i}`, `u${i}`]
      site.visit([{ anonymousId: phone }])
      const before = site.armOf({ anonymousId: phone })
      site.visit([{ anonymousId: laptop }])
      site.tell([phone, laptop].map(anonymousId => ({ type: 'identify', userId, anonymousId })))
      expect(site.armOf({ userId })).toBe(before)
      expect(site.armOf({ anonymousId: laptop })).toBe(before)
    }
  })

  it('R12 are given back to both by an un-merge', () => {
    const site = new Site()
    const { stream } = site
    for (let i = 0; i < 30; i++) {
      const [anonymousId, userId] = [`p${i}`, `u${i}`]
      site.visit([{ anonymousId }])
      site.visit([{ userId }])
      const before = [site.armOf({ anonymousId }), site.armOf({ userId })]
      site.tell([{ type: 'identify', userId, anonymousId }])
      const { id } = stream.find(`userId:${userId}`)!
      stream.take(unmergeOf(stream, id, [stream.people.link(`anonymousId:${anonymousId}`)!]))
      expect([site.armOf({ anonymousId }), site.armOf({ userId })]).toEqual(before)
      expect(stream.find(`userId:${userId}`)?.bucketKey).toBe(bucketKeyOf(`userId:${userId}`))
    }
  })
})
