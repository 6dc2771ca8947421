import type { JsonObject } from '@espalier/core'
import { compileProperties, type PropertyCondition } from '@espalier/core/filter'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine, type TestEngine } from '../contract/engine.ts'
import { Binder } from '../sql/params.ts'
import { conditionsSql } from './conditions.ts'

let opened: TestEngine
beforeAll(async () => {
  opened = await startEngine()
})
afterAll(() => opened?.close())

async function inSql(conditions: readonly PropertyCondition[], objects: readonly JsonObject[]): Promise<boolean[]> {
  const binder = new Binder()
  const sql = `SELECT (${conditionsSql('properties', conditions, binder)}) AS holds FROM (SELECT arrayJoin({all:Array(String)}) AS properties)`
  const all = objects.map(object => JSON.stringify(object))
  const rows = await opened.database.rows<{ holds: number | boolean }>(sql, { ...binder.params, all })
  return rows.map(row => Boolean(row.holds))
}

// Few values that look alike, so that every comparison is met by both outcomes.
const scalar = fc.constantFrom<(string | number | boolean)[]>(
  '',
  'a',
  'ab',
  'ba',
  'A',
  '5',
  'true',
  "'\\",
  'ü',
  5,
  0,
  -1,
  2.5,
  true,
  false,
  'a\nb',
  '2026-11-01',
  '2024-02-29T12:00:00.001Z',
  '2026-02-28T23:30:00-00:30',
  '0000-03-01',
  '9999-12-31T23:59:59.9+14:00',
)
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.constantFrom(null, {}, [], { b: 5 }, { b: { c: 'a' } }, { b: null }, ['a', 5, null], [['a']], 1e21, 12345678901),
)
const properties = fc.dictionary(fc.constantFrom('a', 'b', 'a.b', "it's", '__proto__', 'length'), value, {
  maxKeys: 4,
  noNullPrototype: true,
})
const condition = fc
  .record(
    {
      property: fc.constantFrom('a', 'b', 'a.b', 'a.b.c', "it's", 'a.length', '__proto__', 'a.0'),
      is: scalar,
      isNot: scalar,
      in: fc.array(scalar, { minLength: 1, maxLength: 4 }),
      notIn: fc.array(scalar, { minLength: 1, maxLength: 4 }),
      gt: fc.constantFrom(-1, 0, 2.5, 5),
      gte: fc.constantFrom(-1, 0, 2.5, 5),
      lt: fc.constantFrom(-1, 0, 2.5, 5),
      lte: fc.constantFrom(-1, 0, 2.5, 5),
      contains: fc.constantFrom('a', 'b', "'", '%', 'ü'),
      startsWith: fc.constantFrom('a', 'ab', '\\', '_'),
      endsWith: fc.constantFrom('a', 'b', '\\'),
      matches: fc.constantFrom('^a', 'b$', 'a.?b', '[A-Z]', '^$', 'ü|\\\\', '(?i)A', '\\d'),
      before: fc.constantFrom('2026-11-02', '2026-03-01T00:00:00+01:00', '1850-01-01'),
      after: fc.constantFrom('2026-11-01', '2024-02-29T12:00Z', '0001-01-01'),
      exists: fc.boolean(),
    },
    { requiredKeys: ['property'] },
  )
  // Most with one comparison, or hardly any would hold.
  .chain(all => {
    const names = Object.keys(all).filter(name => name !== 'property')
    return names.length === 0
      ? fc.constant({ property: all.property, exists: true })
      : fc.subarray(names, { minLength: 1, maxLength: 2 }).map(some => {
          const kept = new Set(['property', ...some])
          return Object.fromEntries(Object.entries(all).filter(([name]) => kept.has(name))) as PropertyCondition
        })
  })

describe('conditions on properties', () => {
  it('R5 in SQL are what they are to the live evaluator', async () => {
    const outcomes = new Set<boolean>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(condition, { minLength: 1, maxLength: 2 }),
        fc.array(properties, { minLength: 1, maxLength: 40 }),
        async (conditions, objects) => {
          const holds = compileProperties(conditions)
          const expected = objects.map(object => holds(object as JsonObject))
          for (const outcome of expected) outcomes.add(outcome)
          expect(await inSql(conditions, objects as JsonObject[])).toEqual(expected)
        },
      ),
      { numRuns: 80, seed: 20261107 },
    )
    expect(outcomes.size).toBe(2)
  })

  it('none hold for everything', async () => {
    expect(await inSql([], [{}, { a: 1 }])).toEqual([true, true])
  })
})
