import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Cells } from '../source/rows.ts'
import { parseMapping } from './mapping.ts'
import { MappingProblem, RowProblem } from './problem.ts'

const NOW = Date.UTC(2024, 4, 1)
const mapping = (yaml: string) => parseMapping(parse(yaml), 'test', NOW)

/** The bodies a mapping of one rule makes of one row. */
function bodyOf(fields: string, cells: Cells, row = 0) {
  const indented = fields.replace(/^/gm, '    ')
  const importer = mapping(
    `rules:\n  - type: track\n    event: E\n    userId: '{id}'\n    time: '2024-01-01'\n${indented}`,
  )
  const [made] = importer.map({ id: 'u', ...cells }, row)
  return made && 'item' in made ? made.item.body : undefined
}

const propertiesOf = (fields: string, cells: Cells, row = 0) =>
  bodyOf(`properties:\n${fields.replace(/^/gm, '  ')}`, cells, row)?.properties

describe('values', () => {
  it.each([
    ['text with columns in it', "v: 'invoice:{No}'", { No: '17' }, 'invoice:17'],
    ['the number of the row, from 1', "v: 'row:{#}'", {}, 'row:8'],
    ['a template of which a part is missing has no value', "v: '{No}-{Other}'", { No: '17', Other: '' }, undefined],
    ['a constant', 'v: GBP', {}, 'GBP'],
    ['a number as it stands', 'v: 0.25', {}, 0.25],
    ['$number', 'v: { $number: A }', { A: ' 2.50 ' }, 2.5],
    ['$number of a number', 'v: { $number: A }', { A: 2.5 }, 2.5],
    ['an empty cell has no value', 'v: { $number: A }', { A: '' }, undefined],
    ['a blank cell is no 0: text of blanks counts as no cell', 'v: { $number: A }', { A: '  ' }, undefined],
    ['nor what is extracted, being blank', "v: { $number: { $extract: A, pattern: '(.*)€' } }", { A: ' €' }, undefined],
    ['nor true or false', 'v: { $boolean: A }', { A: ' ' }, undefined],
    ['$number with a decimal comma', "v: { $number: A, decimal: ',' }", { A: '-1.234.567,50' }, -1234567.5],
    ['$number with a decimal comma and nothing else', "v: { $number: A, decimal: ',' }", { A: '2,5' }, 2.5],
    ['$number with parted thousands', "v: { $number: A, decimal: '.' }", { A: "1,234'567.5" }, 1234567.5],
    ['$number with no-break spaces', "v: { $number: A, decimal: ',' }", { A: '1\u00a0234,5' }, 1234.5],
    [
      '$number of what is extracted, with a decimal comma',
      "v: { $number: { $extract: A, pattern: '([0-9.,]+)' }, decimal: ',' }",
      { A: '1.234,50 €' },
      1234.5,
    ],
    [
      'an object of which nothing has a value has none',
      "v: { a: '{A}', b: { c: '{B}' } }",
      { A: '', B: '' },
      undefined,
    ],
    ['an object of which something has', "v: { a: '{A}', b: { c: '{B}' } }", { A: '', B: 'x' }, { b: { c: 'x' } }],
    ['$integer with parted thousands', "v: { $integer: A, decimal: ',' }", { A: '1.234' }, 1234],
    ['$integer', 'v: { $integer: A }', { A: '-3' }, -3],
    ['$boolean', 'v: { $boolean: A }', { A: 'Yes' }, true],
    ['$boolean of 0', 'v: { $boolean: A }', { A: '0' }, false],
    ['$id without the tail of a spreadsheet', 'v: { $id: A }', { A: '17850.0' }, '17850'],
    ['$id of a number', 'v: { $id: A }', { A: 17850 }, '17850'],
    ['$id of what only looks like an exponent', 'v: { $id: A }', { A: '1e12' }, '1e12'],
    ['$json', 'v: { $json: A }', { A: '{"a":[1]}' }, { a: [1] }],
    ['$lower', "v: { $lower: '{A}' }", { A: 'Ab@C.de' }, 'ab@c.de'],
    ['$split', "v: { $split: A, by: '|' }", { A: 'x | y||' }, ['x', 'y']],
    [
      '$split of what is a list already, in JSON',
      "v: { $split: A, by: '|' }",
      { A: ['x', ' y|z', '', 7] },
      ['x', 'y|z', '7'],
    ],
    ['$extract', "v: { $number: { $extract: A, pattern: '([0-9.]+)' } }", { A: '15.00 USD' }, 15],
    [
      '$time',
      'v: { $time: A, format: dd/MM/yyyy, zone: Europe/Berlin }',
      { A: '01/05/2024' },
      '2024-04-30T22:00:00.000Z',
    ],
    ['$first', "v: { $first: ['{A}', '{B}', none] }", { A: '', B: 'b' }, 'b'],
    ['$map', 'v: { $map: A, to: { x: 1, y: 2 } }', { A: 'y' }, 2],
    ['$map, otherwise', 'v: { $map: A, to: { x: 1 }, otherwise: 9 }', { A: 'z' }, 9],
    ['$if', 'v: { $if: { column: A, lt: 0 }, then: less, else: more }', { A: '-1' }, 'less'],
    ['$multiply is decimal', 'v: { $multiply: [{ $number: A }, { $number: B }] }', { A: '0.1', B: '3' }, 0.3],
    ['$multiply with a part missing', 'v: { $multiply: [{ $number: A }, 2] }', { A: '' }, undefined],
    ['$add', 'v: { $add: [{ $number: A }, 0.2] }', { A: '0.1' }, 0.3],
    ['a list, without what has no value', "v: ['{A}', '{B}']", { A: 'a', B: '' }, ['a']],
    ['an object', "v: { a: '{A}', b: { c: 1 } }", { A: 'a' }, { a: 'a', b: { c: 1 } }],
    ['a path into nested JSON', "v: '{person.email}'", { person: { email: 'a@b' } }, 'a@b'],
  ] as [string, string, Cells, unknown][])('%s', (_, fields, cells, expected) => {
    expect(propertiesOf(fields, cells, 7)).toEqual(expected === undefined ? {} : { v: expected })
  })

  it('$rest is every column that nothing else of the rule reads, as what it looks like', () => {
    expect(
      propertiesOf("$rest: true\nnamed: '{used}'", { used: 'x', n: '1.50', b: 'true', t: '007', j: '[1]', e: '' }),
    ).toEqual({
      named: 'x',
      n: 1.5,
      b: true,
      t: '007',
      j: [1],
    })
  })

  it.each([
    ['v: { $number: A }', 'A is "x1", not a number'],
    ['v: { $integer: B }', 'B is "1.5", not a whole number'],
    ["v: { $number: B, decimal: ',' }", 'B is "1.5", not a number'],
    ['v: { $boolean: A }', 'A is "x1", not true or false'],
    ['v: { $json: A }', 'A is not JSON: "x1"'],
    ['v: { $map: A, to: { y: 1 } }', 'A is "x1", which the mapping does not know'],
    ['v: { $time: A }', '"x1" is not a time'],
  ])('%s refuses a row with its reason', (fields, reason) => {
    expect(() => propertiesOf(fields, { A: 'x1', B: '1.5' })).toThrow(new RowProblem(reason))
  })
})

describe('an identifier that a spreadsheet has shortened', () => {
  it.each(['1.23457E+12', '1,23457E+12', '4E+15', 1e21])('%s is refused: many people may have it', A => {
    const reason = `A is "${A}": a spreadsheet has cut its last digits off, so that many people may have it`
    expect(() => propertiesOf('v: { $id: A }', { A })).toThrow(reason)
  })
})

describe('conditions', () => {
  const takes = (condition: string, cells: Cells) => bodyOf(`when: ${condition}`, cells) !== undefined
  it.each([
    ['{ column: A, startsWith: C }', { A: 'C12' }, true],
    ['{ column: A, startsWith: C }', { A: '12C' }, false],
    ['{ column: A, endsWith: C }', { A: '12C' }, true],
    ['{ column: A, contains: x }', { A: 'axb' }, true],
    ["{ column: A, matches: '^[0-9]{6}$' }", { A: '536365' }, true],
    ["{ column: A, matches: '^[0-9]{6}$' }", { A: 'C536365' }, false],
    ['{ column: A, is: 1 }', { A: '1' }, true],
    ['{ column: A, is: 1 }', { A: '1.0' }, true],
    ['{ column: A, is: yes }', { A: 'yes' }, true],
    ['{ column: A, isNot: x }', { A: '' }, true],
    ['{ column: A, in: [x, y] }', { A: 'y' }, true],
    ['{ column: A, notIn: [x, y] }', { A: 'y' }, false],
    ['{ column: A, lt: 0 }', { A: '-0.5' }, true],
    ['{ column: A, lt: 0 }', { A: '' }, false],
    ['{ column: A, lt: 0 }', { A: 'x' }, false],
    ['{ column: A, gte: 1, lt: 3 }', { A: '3' }, false],
    ['{ column: A, exists: true }', { A: '' }, false],
    ['{ column: A, exists: false }', {}, true],
    ['{ all: [{ column: A, is: a }, { column: B, is: b }] }', { A: 'a', B: 'c' }, false],
    ['{ any: [{ column: A, is: a }, { column: B, is: b }] }', { A: 'a', B: 'c' }, true],
    ['{ not: { column: A, is: a } }', { A: 'a' }, false],
  ] as [string, Cells, boolean][])('%s of %o', (condition, cells, expected) => {
    expect(takes(condition, cells)).toBe(expected)
  })
})

describe('rules', () => {
  const two = (match: string) =>
    mapping(`
match: ${match}
common: { userId: '{u}', time: { column: t } }
rules:
  - { type: track, event: Bought, when: { column: bought, is: 1 } }
  - { type: page, name: Home, when: { column: seen, is: 1 } }`)
  const row = { u: 'a', t: '2024-05-01', bought: '1', seen: '1' }

  it('the first that matches takes the row', () => {
    expect(
      two('first')
        .map(row, 0)
        .map(made => made.output),
    ).toEqual([0])
    expect(two('first').outputs).toBe(1)
  })

  it('with match: all each that matches makes its own', () => {
    expect(
      two('all')
        .map(row, 0)
        .map(made => made.output),
    ).toEqual([0, 1])
    expect(two('all').outputs).toBe(2)
  })

  it('R3 items of one group keep a messageId each, beside those of its rows', () => {
    const importer = mapping(
      "match: all\ncommon: { userId: '{u}', time: '2024-01-01', messageId: 'o:{o}' }\nrules:\n  - { event: Placed, group: o }\n  - { event: Shipped, group: o }\n  - { event: Seen }\n  - { event: Other, messageId: 'x:{o}' }",
    )
    const cells = { u: 'ada', o: '7' }
    const ids = importer
      .map(cells, 0)
      .map(made => ('item' in made ? made.item : importer.join(made.output, [cells], 0)).body.messageId)
    expect(ids).toEqual(['o:7', 'o:7:1', 'o:7:2', 'x:7'])
  })

  it('a row that none takes makes nothing', () => {
    expect(two('all').map({ ...row, bought: '0', seen: '0' }, 0)).toEqual([])
  })

  it('rows of a group make one item: the first gives its fields, $list and $sum go over all', () => {
    const importer = mapping(`
rules:
  - type: track
    event: Order Completed
    userId: '{who}'
    time: { column: at }
    group: order
    properties:
      order_id: '{order}'
      total: { $sum: { $multiply: [{ $number: price }, { $integer: n }] } }
      products: { $list: { sku: '{sku}', quantity: { $integer: n } } }`)
    const rows = [
      { order: '1', who: 'a', at: '2024-05-01', sku: 'x', price: '0.1', n: '3' },
      { order: '1', who: '', at: '2024-05-02', sku: 'y', price: '0.2', n: '1', unread: 'z' },
    ]
    const made = rows.map((cells, i) => importer.map(cells, i)[0]!)
    expect(made.map(piece => 'group' in piece && piece.group)).toEqual(['1', '1'])
    const parts = made.map(piece => ('part' in piece ? piece.part : {}))
    expect(parts[1]).not.toHaveProperty('unread')
    expect(importer.join(0, parts, 0)).toEqual({
      type: 'track',
      at: Date.UTC(2024, 4, 1),
      body: {
        event: 'Order Completed',
        userId: 'a',
        timestamp: '2024-05-01T00:00:00.000Z',
        properties: {
          order_id: '1',
          total: 0.5,
          products: [
            { sku: 'x', quantity: 3 },
            { sku: 'y', quantity: 1 },
          ],
        },
      },
    })
  })

  it('times: of a column, fixed, later by a while, the moment of the import where there is none', () => {
    const at = (time: string, cells: Cells = {}) => {
      const importer = mapping(`rules: [{ type: track, event: E, userId: u, time: ${time} }]`)
      const [made] = importer.map(cells, 0)
      return made && 'item' in made ? new Date(made.item.at).toISOString() : ''
    }
    expect(at('{ column: t }', { t: '2024-05-01 10:00' })).toBe('2024-05-01T10:00:00.000Z')
    expect(at('{ columns: [a, b] }', { a: '', b: '2024-05-02' })).toBe('2024-05-02T00:00:00.000Z')
    expect(at("'2008-03-20T12:00:00Z'")).toBe('2008-03-20T12:00:00.000Z')
    expect(at("{ at: '2008-03-20', plus: 2d }")).toBe('2008-03-22T00:00:00.000Z')
    expect(at('{ column: t, plus: 90m }', { t: '2024-05-01' })).toBe('2024-05-01T01:30:00.000Z')
    expect(at('{ column: t, otherwise: now }', { t: '' })).toBe('2024-05-01T00:00:00.000Z')
  })

  it('refuses a row without anybody, without its event, without its time', () => {
    const importer = mapping("rules: [{ type: track, event: '{e}', userId: '{u}', time: { column: t } }]")
    const row = { e: 'E', u: 'a', t: '2024-05-01' }
    expect(() => importer.map({ ...row, u: '' }, 0)).toThrow('it names nobody')
    expect(() => importer.map({ ...row, e: '' }, 0)).toThrow('it has no event')
    expect(() => importer.map({ ...row, t: '' }, 0)).toThrow('it has no time')
  })

  it('R3 what a row becomes is part of the meaning; names and descriptions are not', () => {
    const of = (more: string, event = 'E') =>
      mapping(`${more}\nrules: [{ type: track, event: ${event}, userId: '{u}', time: '2024-01-01' }]`).meaning
    expect(of('name: a')).toBe(of('description: b'))
    expect(of('')).not.toBe(of('', 'F'))
    expect(of('zone: UTC')).not.toBe(of('zone: Europe/Berlin'))
  })
})

describe('a mapping that is wrong', () => {
  const rule = (text: string) => `rules: [{ type: track, event: E, userId: '{u}', time: '2024-01-01', ${text} }]`
  it.each([
    ['rules: []', 'rules', 'must be a list with a rule at least'],
    ['rules: [{ type: tarck }]', 'rules[0].type', 'must be one of track, identify'],
    ['colour: red\nrules: [{}]', 'colour', 'is not a field here; use one of: name,'],
    ['zone: Europe/Lodnon\nrules: [{}]', 'zone', 'is not a time zone'],
    ["rules: [{ type: track, event: E, time: '2024-01-01' }]", 'rules[0]', 'needs userId or anonymousId'],
    ["rules: [{ type: track, userId: '{u}', time: '2024-01-01' }]", 'rules[0]', 'needs event'],
    ["rules: [{ type: track, event: E, userId: '{u}' }]", 'rules[0].time', 'is missing'],
    [rule('evnt: E'), 'rules[0].evnt', 'is not a field here'],
    [rule('properties: { total: { $num: A } }'), 'rules[0].properties.total.$num', 'is not an operator'],
    [rule('properties: { total: { $sum: { $number: A } } }'), 'rules[0].properties.total', 'the rule has no group'],
    [rule("properties: { a: '{A}}' }"), 'rules[0].properties.a', 'has a brace without its partner'],
    [rule('properties: { "a b": { $number: 1 } }'), 'rules[0].properties["a b"].$number', 'must be a text'],
    [rule('when: { column: A }'), 'rules[0].when', 'needs an operator beside column'],
    [rule('when: { lt: 1 }'), 'rules[0].when', 'needs the column'],
    [rule('when: { column: A, lt: x }'), 'rules[0].when.lt', 'must be a number'],
    [rule("when: { column: A, matches: '(' }"), 'rules[0].when.matches', 'is not a regular expression'],
    [
      'rules: [{ type: track, event: E, userId: u, time: { column: t, format: HH } }]',
      'rules[0].time.format',
      'must hold yyyy',
    ],
    [
      'rules: [{ type: track, event: E, userId: u, time: { column: t, plus: 1x } }]',
      'rules[0].time.plus',
      'is no duration',
    ],
    ['rules: [{ type: track, event: E, userId: u, time: soon }]', 'rules[0].time', 'is not an instant'],
    [`${rule('context: {}')}\nmatch: some`, 'match', 'must be first or all'],
    [
      "rules: [{ type: item, id: '{a}' }, { type: rate, day: a, currency: b, base: c, rate: 1 }]",
      'rules[1].type',
      'need a mapping each',
    ],
  ])('%s', (yaml, path, message) => {
    let thrown: unknown
    try {
      mapping(yaml)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(MappingProblem)
    expect((thrown as MappingProblem).path).toBe(path)
    expect((thrown as MappingProblem).message).toContain(message)
  })
})
