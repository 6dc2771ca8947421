import { describe, expect, it } from 'vitest'
import type { PropertyCondition } from '../filter/filter.ts'
import { compileProperties } from '../filter/property.ts'
import type { Json, JsonObject } from '../json.ts'
import cases from './cases.json' with { type: 'json' }
import { compileCondition } from './compile.ts'
import type { Condition } from './condition.ts'
import { evaluate, explain, truth } from './evaluate.ts'
import { subjectOf } from './testing/subject.ts'

interface ComparisonCase {
  name: string
  condition: PropertyCondition
  holds: JsonObject[]
  fails: JsonObject[]
}

interface ConditionCase {
  name: string
  condition: Condition
  traits?: Record<string, Json>
  context?: JsonObject
  events?: [string, number][]
  now: number
  value: boolean
  until: number | null
}

describe('comparisons', () => {
  it.each(cases.comparisons as unknown as ComparisonCase[])('$name', ({ condition, holds, fails }) => {
    const { property, ...comparisons } = condition
    for (const [properties, expected] of [...holds.map(p => [p, true]), ...fails.map(p => [p, false])] as const) {
      const said = JSON.stringify(properties)
      expect(compileProperties([condition])(properties as JsonObject), said).toBe(expected)
      const subject = subjectOf({ traits: properties as JsonObject, context: properties as JsonObject, now: 0 })
      expect(evaluate({ trait: property, ...comparisons }, subject), `as traits ${said}`).toBe(expected)
      expect(evaluate({ context: property, ...comparisons }, subject), `as context ${said}`).toBe(expected)
    }
  })

  it('conditions on one event must all hold', () => {
    const test = compileProperties([
      { property: 'a', is: 1 },
      { property: 'b', is: 2 },
    ])
    expect([test({ a: 1, b: 2 }), test({ a: 1 }), test({ b: 2 })]).toEqual([true, false, false])
    expect(compileProperties([])({})).toBe(true)
  })
})

describe('conditions', () => {
  it.each(cases.conditions as unknown as ConditionCase[])('R5 $name', ({ condition, value, until, ...given }) => {
    const subject = subjectOf(given)
    expect(truth(condition, subject)).toEqual({ value, until: until ?? Number.POSITIVE_INFINITY })
    expect(evaluate(condition, subject)).toBe(value)
    expect(explain(condition, subject)).toMatchObject({ value, until })
  })

  it('says what it reads', () => {
    const { reads } = compileCondition({
      all: [
        { trait: 'plan', is: 'pro' },
        { any: [{ did: 'A' }, { context: 'device.type', is: 'mobile' }, { trait: 'plan', exists: true }] },
        { not: { did: 'B', within: '1d' } },
      ],
    })
    expect(reads).toEqual({ traits: ['plan'], signals: ['A', 'B'], context: ['device.type'], facts: [] })
  })

  it('explains every part with its actual value', () => {
    const subject = subjectOf({
      traits: { plan: 'free' },
      context: { device: { type: 'mobile' } },
      events: [
        ['A', 9_000],
        ['A', 9_500],
        ['A', 10_500],
      ],
      now: 10_000,
    })
    const condition: Condition = {
      all: [
        { trait: 'plan', is: 'pro' },
        { not: { context: 'device.type', is: 'mobile' } },
        { did: 'A', atLeast: 2, within: '2s' },
        { did: 'B' },
      ],
    }
    expect(explain(condition, subject)).toEqual({
      condition: 'all',
      value: false,
      until: null,
      parts: [
        { condition: { trait: 'plan', is: 'pro' }, value: false, until: null, actual: 'free' },
        {
          condition: 'not',
          value: false,
          until: null,
          parts: [{ condition: { context: 'device.type', is: 'mobile' }, value: true, until: null, actual: 'mobile' }],
        },
        { condition: { did: 'A', atLeast: 2, within: '2s' }, value: true, until: 11_500, actual: 2, last: 9_500 },
        { condition: { did: 'B' }, value: false, until: null, actual: 0, last: null },
      ],
    })
  })

  it('refuses a comparison that compares with nothing', () => {
    expect(() => compileCondition({ trait: 'plan' })).toThrow('names nothing to compare with')
  })
})
