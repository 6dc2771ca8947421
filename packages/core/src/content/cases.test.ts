import { describe, expect, it } from 'vitest'
import { contentProblems } from '../definition/contentProblems.ts'
import type { Json, JsonObject } from '../json.ts'
import { compileCondition } from '../segment/compile.ts'
import { subjectOf } from '../segment/testing/subject.ts'
import cases from './cases.json' with { type: 'json' }
import { compileContent } from './compile.ts'
import type { World } from './world.ts'

interface ContentCase {
  name: string
  content: Json
  traits?: Record<string, Json>
  context?: JsonObject
  recent?: [name: string, items: string[], ahead?: number][]
  zone?: string
  format?: 'text' | 'html'
  offer?: JsonObject
  prices?: Record<string, JsonObject>
  shown?: Json
  missing?: string[]
  fault?: string
}

interface ProblemCase {
  name: string
  content: Json
  schema?: Record<string, unknown>
  lines: string[]
}

const NOW = Date.UTC(2026, 10, 22, 12)
const catalog = cases.items as unknown as Record<string, JsonObject>
const items: World['items'] = id => (Object.hasOwn(catalog, id) ? catalog[id] : undefined)

function worldOf({ traits = {}, context = {}, recent = [], zone = 'UTC', offer, prices = {} }: ContentCase): World {
  return {
    items,
    subject: subjectOf({ traits, events: [], context, now: NOW }),
    recent: recent.map(([name, items, ahead = -60_000], i) => {
      return { name, items, at: NOW + ahead, lag: 0, index: i, hash: i }
    }),
    zone,
    offer,
    price: id => {
      const { price, currency } = items(id) ?? {}
      return prices[id] ?? (price === undefined ? undefined : { id, price, list: price, ...(currency && { currency }) })
    },
  }
}

const language = (format: ContentCase['format'] = 'text') => ({ format, condition: compileCondition })
const list = cases.cases as unknown as ContentCase[]

describe('content', () => {
  it.each(list)('$name', given => {
    const { content, missing, fault } = compileContent(given.content, language(given.format)).fill(worldOf(given))
    expect(fault?.code).toBe(given.fault)
    expect(content).toEqual(given.fault === undefined ? given.shown : null)
    expect(missing).toEqual(given.missing ?? [])
  })

  it.each(list)('is valid, and R6 made alike each time: $name', given => {
    expect(contentProblems(given.content, { format: given.format ?? 'text' }, [])).toEqual([])
    const compiled = compileContent(given.content, language(given.format))
    expect(compiled.fill(worldOf(given))).toEqual(compiled.fill(worldOf(given)))
  })

  it('that is the same for everybody is not made anew', () => {
    const content = { deep: [{ a: 1 }] }
    const compiled = compileContent(content, language())
    expect(compiled.fill(worldOf(list[0]!)).content).toBe(content)
    const mixed = compileContent({ same: content, other: '{{ person.name }}' }, language()).fill(worldOf(list[0]!))
    expect((mixed.content as JsonObject).same).toBe(content)
  })

  it('says beforehand which items, histories and prices it needs', () => {
    const compiled = compileContent(
      {
        a: { $item: 'hat' },
        b: '{{ items["sock"].title }}{{ prices["coat"].price }}',
        c: { $list: { items: ['scarf'], without: ['Order Completed'] } },
        d: { $recent: {} },
        e: { $blocks: [{ key: 'x', when: { did: 'Signed Up' } }] },
      },
      language(),
    )
    expect(new Set(compiled.items)).toEqual(new Set(['hat', 'sock', 'coat', 'scarf']))
    expect(compiled.recents).toEqual([{ events: ['Order Completed'] }, { events: ['Product Viewed'] }])
    expect(compiled.prices).toEqual(['coat'])
    expect(compiled.conditions.map(({ reads }) => reads.signals)).toEqual([['Signed Up']])
    expect(compiled.offer).toBe(false)
  })

  it('R11 recently viewed has a bound', () => {
    const recent = Array.from({ length: 100 }, (_, i): [string, string[]] => [
      'Product Viewed',
      Array.from({ length: 10 }, (_, n) => `item-${i}-${n}`),
    ])
    const given: ContentCase = { name: '', content: { $recent: {} }, recent }
    const world = { ...worldOf(given), items: (id: string) => ({ id }) }
    const shown = compileContent(given.content, language()).fill(world).content as JsonObject[]
    expect(shown).toHaveLength(50)
    expect(shown[0]).toEqual({ id: 'item-99-0' })
  })

  it('what is left out is all that was bought lately, however much', () => {
    const ordered = Array.from({ length: 12 }, (_, i): [string, string[]] => [
      'Order Completed',
      Array.from({ length: 10 }, (_, n) => `item-${i}-${n}`),
    ])
    const viewed: [string, string[]] = ['Product Viewed', ['item-0-0', 'item-11-9', 'other']]
    const items = ['item-0-1', 'item-11-8', 'other']
    const content = {
      list: { $list: { items, without: ['Order Completed'] } },
      seen: { $recent: { without: ['Order Completed'] } },
    }
    const world = { ...worldOf({ name: '', content, recent: [...ordered, viewed] }), items: (id: string) => ({ id }) }
    const other = [{ id: 'other' }]
    expect(compileContent(content, language()).fill(world).content).toEqual({ list: other, seen: other })
  })
})

describe('what is wrong with content', () => {
  it.each(cases.problems as unknown as ProblemCase[])('$name', ({ content, schema, lines }) => {
    const problems = contentProblems(content, schema === undefined ? {} : { schema }, ['at'])
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(lines)
    for (const { mend } of problems) expect(mend).not.toBe('')
  })
})
