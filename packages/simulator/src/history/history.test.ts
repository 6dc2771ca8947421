import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isSale } from '../shop/calendar.ts'
import { createWorld } from '../world.ts'
import { type Delivery, deliveries, history, LATE_SHARE, REPEATED_SHARE } from './history.ts'
import { writeNdjson } from './ndjson.ts'
import { BOT_SHARE } from './schedule.ts'
import { lineOf, traces } from './traces.ts'

const DAY = 86_400_000
const from = Date.UTC(2026, 9, 5)
const to = from + 28 * DAY

const told = (seed: string, people = 800): Delivery[] => [...deliveries(createWorld({ seed, people }), { from, to })]
const digest = (text: string | Buffer) => createHash('sha256').update(text).digest('hex').slice(0, 16)

describe('R6 reproducible', () => {
  it('the same seed tells the same bytes, another seed others', () => {
    const bytes = (seed: string) => digest(JSON.stringify(told(seed, 100)))
    expect(bytes('one')).toBe(bytes('one'))
    expect(bytes('one')).not.toBe(bytes('two'))
  })

  it('on any machine', () => {
    expect(digest(JSON.stringify(told('golden', 50)))).toMatchInlineSnapshot(`"4f9bfe7938c7efab"`)
  })

  it('a line of a trace is its item as JSON', () => {
    for (const { item } of told('lines', 60)) expect(lineOf(item)).toBe(JSON.stringify(item))
  })

  it('traces of the same options are the same bytes', () => {
    const some = (seed: number) => {
      const hash = createHash('sha256')
      let events = 0
      for (const batch of traces({ people: 500, seed })) {
        hash.update(batch.body)
        events += batch.events
        if (events >= 3000) break
      }
      return hash.digest('hex')
    }
    expect(some(1)).toBe(some(1))
    expect(some(1)).not.toBe(some(2))
  })
})

describe('history', () => {
  const all = told('history')
  const people = all.filter(one => !one.crawler)

  it('is in the order in which it reaches the server', () => {
    expect(all.every((one, i) => i === 0 || one.at >= all[i - 1]!.at)).toBe(true)
  })

  it('tells nothing that happens after its end, and nothing before its beginning', () => {
    const times = all.map(one => Date.parse(one.item.timestamp))
    expect(times.every(time => time >= from && time < to)).toBe(true)
  })

  it('has late and repeated events in their shares; a repeat is the same bytes', () => {
    const firsts = all.filter(one => !one.repeated)
    const late = firsts.filter(one => one.at > Date.parse(one.item.timestamp))
    expect(late.length / firsts.length / LATE_SHARE).toBeCloseTo(1, 0)
    expect((all.length - firsts.length) / firsts.length / REPEATED_SHARE).toBeCloseTo(1, 0)
    const byId = new Map(firsts.map(one => [one.item.messageId, one]))
    expect(byId.size).toBe(firsts.length)
    for (const one of all) if (one.repeated) expect(one.item).toEqual(byId.get(one.item.messageId)?.item)
  })

  it('has crawlers, who come to no cart', () => {
    const visits = all.filter(one => !one.repeated && one.item.name === 'Home')
    expect(visits.filter(one => one.crawler).length / visits.length / BOT_SHARE).toBeCloseTo(1, 0)
    expect(all.some(one => one.crawler && one.item.type !== 'page')).toBe(false)
  })

  it('is busier in the evening than at night, and in a sale than without', () => {
    const homes = people.filter(one => one.item.name === 'Home').map(one => Date.parse(one.item.timestamp))
    const inHours = (a: number, b: number) =>
      homes.filter(t => new Date(t).getUTCHours() >= a && new Date(t).getUTCHours() < b)
    expect(inHours(19, 22).length).toBeGreaterThan(4 * inHours(2, 5).length)
    const days = [...Array(28)].map((_, i) => from + i * DAY)
    const weekend = (t: number) => [5, 6].includes(Math.floor(t / DAY + 4) % 7)
    const perDay = (sale: boolean) => {
      const chosen = days.filter(day => isSale(day) === sale && weekend(day))
      return chosen.reduce((n, day) => n + homes.filter(t => t >= day && t < day + DAY).length, 0) / chosen.length
    }
    expect(perDay(true)).toBeGreaterThan(1.3 * perDay(false))
  })

  it('keeps to the order of a purchase, and to its sums', () => {
    const byVisit = new Map<string, Delivery[]>()
    for (const one of people) {
      if (one.repeated) continue
      const visit = one.item.messageId.replace(/-\d+$/, '')
      byVisit.set(visit, [...(byVisit.get(visit) ?? []), one])
    }
    let orders = 0
    for (const visit of byVisit.values()) {
      const events = visit
        .sort((a, b) => Date.parse(a.item.timestamp) - Date.parse(b.item.timestamp))
        .map(one => one.item.event ?? one.item.name ?? one.item.type)
      expect(events[0]).toBe('Home')
      const first = (name: string) => events.indexOf(name)
      if (first('Product Added') >= 0) expect(first('Product Added')).toBeGreaterThan(first('Product Viewed'))
      if (first('Order Completed') >= 0) {
        orders++
        expect(first('Checkout Started')).toBeGreaterThan(first('Cart Viewed'))
        expect(first('Order Completed')).toBeGreaterThan(first('Checkout Started'))
        const { products, total, subtotal, discount } = visit.find(one => one.item.event === 'Order Completed')!.item
          .properties as { products: { price: number }[]; total: number; subtotal: number; discount: number }
        expect(products.reduce((sum, { price }) => sum + price, 0)).toBeCloseTo(subtotal, 6)
        expect(subtotal - discount).toBeCloseTo(total, 6)
      }
    }
    expect(orders).toBeGreaterThan(100)
  })
})

describe('people', () => {
  const world = createWorld({ seed: 'people', people: 4000 })
  const everybody = [...Array(4000)].map((_, i) => world.person(i))

  it('30 % have two devices, each with its own anonymousId, and an account that joins them', () => {
    const two = everybody.filter(person => person.devices.length === 2)
    expect(two.length / everybody.length).toBeCloseTo(0.3, 1)
    expect(two.every(person => person.account !== undefined)).toBe(true)
    const ids = everybody.flatMap(person => person.devices.map(device => device.anonymousId))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('are the same however they are asked for', () => {
    const again = createWorld({ seed: 'people', people: 10 })
    expect(again.person(3999)).toEqual(everybody[3999])
  })
})

it('writes NDJSON that reads back as it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-simulator-'))
  try {
    const path = join(folder, 'history.ndjson')
    const world = createWorld({ seed: 'file', people: 50 })
    const written = await writeNdjson(path, history(world, { from, to }))
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    expect(lines.length).toBe(written)
    expect(lines.map(line => JSON.parse(line))).toEqual([...deliveries(world, { from, to })].map(one => one.item))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
