import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batches, windows } from './batches.ts'
import { lanes } from './lanes.ts'

const item = fc.record({ people: fc.array(fc.integer({ min: 0, max: 12 }).map(String), { maxLength: 3 }) })

describe('lanes', () => {
  it('hold every item once, in order, and never divide people who are connected', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (given, count) => {
        const items = given.map((one, index) => ({ ...one, index }))
        const result = lanes(items, count)
        expect(result.length).toBeLessThanOrEqual(count)
        expect(
          result
            .flat()
            .map(({ index }) => index)
            .sort((a, b) => a - b),
        ).toEqual(items.map(({ index }) => index))
        for (const lane of result) {
          const order = lane.map(({ index }) => index)
          expect(order).toEqual([...order].sort((a, b) => a - b))
        }
        const lanesOf = new Map<string, Set<number>>()
        for (const [i, lane] of result.entries()) {
          for (const { people } of lane)
            for (const person of people) lanesOf.set(person, (lanesOf.get(person) ?? new Set()).add(i))
        }
        for (const found of lanesOf.values()) expect(found.size).toBe(1)
      }),
    )
  })

  it('share the work when people are not connected', () => {
    const items = Array.from({ length: 1000 }, (_, i) => ({ people: [`p${i % 100}`] }))
    expect(lanes(items, 4).map(lane => lane.length)).toEqual([250, 250, 250, 250])
  })
})

describe('batches and windows', () => {
  it('R11 keep to the number and the size, and keep the order', async () => {
    const items = [100, 2_000_000, 2_000_000, 100, 100].map((size, i) => ({ json: String(i).repeat(size) }))
    const many = Array.from({ length: 4_500 }, (_, i) => ({ json: `{"i":${i}}` }))
    expect([...batches(items)].map(batch => batch.length)).toEqual([2, 3])
    expect([...batches(many)].map(batch => batch.length)).toEqual([2_000, 2_000, 500])
    expect([...batches(many)].flat()).toEqual(many)
    const cut: number[] = []
    for await (const window of windows(
      (async function* () {
        yield* many
      })(),
      2_000,
    ))
      cut.push(window.length)
    expect(cut).toEqual([2_000, 2_000, 500])
  })
})
