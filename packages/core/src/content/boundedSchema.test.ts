import { Check } from 'typebox/schema'
import { describe, expect, it } from 'vitest'
import { contentProblems, contentSchemaProblems } from '../definition/contentProblems.ts'
import { boundedSchema } from './boundedSchema.ts'
import { compileFits } from './fits.ts'

/** Over which the engine's own expressions would take longer than anybody waits. */
const ENDLESS = `${'a'.repeat(60)}!`
const EVIL = { type: 'string', pattern: '^(a+)+$' }

describe('content with what people wrote in it', () => {
  it('R11 is held against a pattern in bounded time', () => {
    const fits = compileFits({ type: 'object', properties: { title: EVIL, list: { items: { anyOf: [EVIL] } } } })!
    const made = (content: object) => fits({ content: content as never, shown: new Set() })
    expect(made({ title: 'aaa', list: ['a'] })).toBe(true)
    expect(made({ title: ENDLESS })).toBe(false)
    expect(made({ list: [ENDLESS] })).toBe(false)
    // With items in it each place is looked at.
    const item = { id: 'x' }
    expect(fits({ content: { title: ENDLESS, item } as never, shown: new Set([item]) })).toBe(false)
    expect(contentProblems(ENDLESS, { schema: EVIL }, ['at'])).toEqual([
      { path: 'at', message: expect.stringContaining('does not fit'), mend: 'match ^(a+)+$' },
    ])
  })

  it.each([
    '^[a-z]+$',
    '^\\d{3}-\\w+$',
    '^\\u00e9+$',
    '^[\\u0000-\\u007F]*$',
    '^\\p{Lu}',
    '^https?:\\/\\/',
    '^$',
    '^.$',
  ])('fits %s as elsewhere', pattern => {
    const own = new RegExp(pattern, 'u')
    for (const text of ['abc', '123-ab', 'é', 'A', 'https://x', '', '😀', 'x\n', '\n']) {
      expect(Check(boundedSchema({ pattern }), text), text).toBe(own.test(text))
    }
  })

  it('is held to patterns alone, whatever properties and constants are called', () => {
    const named = { properties: { pattern: { pattern: '^a$' }, const: { pattern: '^b$' } } }
    expect(Check(boundedSchema(named), { pattern: 'a', const: 'b' })).toBe(true)
    expect(Check(boundedSchema(named), { pattern: 'x' })).toBe(false)
    expect(Check(boundedSchema(named), { const: 'x' })).toBe(false)
    const data = { enum: [{ pattern: '^a$' }] }
    expect(Check(boundedSchema(data), { pattern: '^a$' })).toBe(true)
    expect(Check(boundedSchema(data), {})).toBe(false)
  })

  it('a pattern that cannot be bounded is refused where it stands, and passed over where it is live', () => {
    const schema = { type: 'object', properties: { title: { pattern: '^(?!x)' }, code: { pattern: '(.)\\1' } } }
    expect(contentSchemaProblems(schema, ['schema']).map(({ path }) => path)).toEqual([
      'schema.properties.title.pattern',
      'schema.properties.code.pattern',
    ])
    expect(compileFits(schema)!({ content: { title: 'x', code: '(' }, shown: new Set() })).toBe(true)
  })
})
