import { describe, expect, it } from 'vitest'
import type { Json } from '../json.ts'
import { contentProblems, contentSchemaProblems } from './contentProblems.ts'

const card = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: {
    title: { type: 'string', maxLength: 10 },
    product: { type: 'object', required: ['id', 'price'] },
    link: { anyOf: [{ type: 'string', format: 'uri' }, { $ref: '#/$defs/target' }] },
    list: { type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'object', required: ['price'] }] } },
    body: { anyOf: [{ type: 'string' }, { type: 'object', properties: { shown: { type: 'string' } } }] },
    target: { $ref: '#/$defs/target' },
  },
  $defs: {
    target: {
      type: 'object',
      required: ['page'],
      additionalProperties: false,
      properties: { page: { type: 'string', description: 'A page.' } },
    },
  },
}

describe('content against its schema', () => {
  it.each<[name: string, content: Json, lines: string[]]>([
    ['fits', { title: 'Hello', link: { page: 'home' }, list: ['a', { price: 1 }] }, []],
    ['null leaves the place as it is', null, []],
    ['is too long', { title: 'Hello, you there' }, ['at.title: "Hello, you there" is too long']],
    ['lacks what is required', {}, ['at.title: "title" is missing']],
    ['says something unknown', { title: 'Hello', titel: 1 }, ['at.titel: "titel" is not known here']],
    ['fits no alternative', { title: 'Hello', link: 3 }, ['at.link: 3 fits none of the alternatives']],
    ['an item is not known here, and is what the schema asks for', { title: 'Hello', product: { $item: 'shoe' } }, []],
    ['an item within alternatives', { title: 'Hello', body: { shown: { $item: 'shoe' } } }, []],
    [
      'what is no alternative, item or not',
      { title: 'Hello', body: 3, list: [{ $item: 'shoe' }] },
      ['at.body: 3 fits none of the alternatives'],
    ],
    [
      'does not fit what the schema refers to',
      { title: 'Hello', target: { pag: 1 } },
      ['at.target.page: "page" is missing', 'at.target.pag: "pag" is not known here'],
    ],
    ['an item among alternatives', { title: 'Hello', list: [{ $item: 'shoe' }] }, []],
    [
      'an item hides nothing beside it',
      { title: 3, titel: 1, product: { $item: 'shoe' } },
      ['at.titel: "titel" is not known here', 'at.title: it must be text, but is a number'],
    ],
    ['what is no item must fit', { title: 'Hello', product: { id: 'shoe' } }, ['at.product.price: "price" is missing']],
    [
      'an item with something beside it',
      { title: 'Hello', product: { $item: 'shoe', price: 3 } },
      ['at.product: {"$item":"shoe","price":3} stands for no item'],
    ],
    ['an item without id', { product: { $item: '' } }, ['at.product: {"$item":""} stands for no item']],
    ['the whole content is an item', { $item: 'shoe' }, []],
  ])('%s', (_name, content, expected) => {
    const problems = contentProblems(content, { schema: card }, ['at'])
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(expected)
    for (const { mend } of problems) expect(mend).not.toBe('')
  })

  it('says what is missing in the words of the schema, through its references', () => {
    expect(contentProblems({ title: 'Hello', target: {} }, { schema: card }, [])).toEqual([
      { path: 'target.page', message: '"page" is missing', mend: 'add it: A page' },
    ])
  })

  it.each([
    ['$templte', '$text'],
    ['$template', '$text'],
    ['$txt', '$text'],
    ['$TEXT', '$text'],
    ['$itme', '$item'],
    ['$items', '$item'],
    ['$bloks', '$blocks'],
    ['$block', '$blocks'],
    ['$lsit', '$list'],
    ['$recnt', '$recent'],
    ['$recents', '$recent'],
    ['$prices', '$price'],
    ['$offr', '$offer'],
  ])('%s is no content by mistake: it is refused where it stands, with what was meant', (name, meant) => {
    const mend = `did you mean "${meant}"? What is content needs a name less like it`
    const problem = { message: `"${name}" stands for nothing`, mend }
    expect(contentProblems({ [name]: 'x' }, {}, ['at'])).toEqual([{ path: `at.${name}`, ...problem }])
    const within = { a: [{ $blocks: [{ key: 'b', content: { $text: 'x', with: { c: { [name]: 1 } } } }] }] }
    expect(contentProblems(within, {}, [])).toEqual([{ path: `a[0].$blocks[0].content.with.c.${name}`, ...problem }])
  })

  it('a text that YAML takes for an object, for want of quotes, is refused and not shown', () => {
    // title: {{ person.name }}, and {{ person.name | default: 'you' }}, as a reader of YAML gives them.
    for (const [name, value] of [
      ['{ person.name }', ''],
      ['{ person.name }', null],
    ] as const) {
      expect(contentProblems({ title: { [name]: value } }, {}, [])).toEqual([
        {
          path: 'title',
          message: `{"${name}":${value === null ? 'null' : '""'}} is what YAML makes of {{ … }} without quotes`,
          mend: 'put the whole text into quotes: "{{ … }}"',
        },
      ])
    }
    expect(contentProblems({ '{name}': 'x', '{ name }': 'x' }, {}, [])).toEqual([])
  })

  it('names that begin with a dollar sign and are like no directive are content', () => {
    const names = [
      '$ref',
      '$schema',
      '$id',
      '$link',
      '$type',
      '$time',
      '$date',
      '$defs',
      '$component',
      '$',
      '$$',
      'item',
    ]
    for (const name of [...names, '$in', '$lt', '$name', '$value', '$oid']) {
      expect([name, contentProblems({ [name]: { $item: 'shoe' } }, {}, [])]).toEqual([name, []])
    }
  })

  it('a date in a form that no text could show is told of before anybody is shown the default for it', () => {
    const ends = (format: string) => `{% if offer.expires %}{{ offer.expires | date: ${format} }}{% endif %}`
    const asked = ['"%e %B, %H:%M"', "'%Q %d %Q'", '"%-d. %Z"', 'context.format'].map(ends)
    expect(contentProblems(asked, {}, ['at']).map(({ path, message }) => [path, message.split(',')[0]])).toEqual([
      ['at[1]', 'date knows no "%Q"'],
      ['at[2]', 'date knows no "%Z"'],
    ])
  })

  it('anything goes without a schema, but an item must be one', () => {
    expect(contentProblems({ a: [1, 'x', { $item: 'shoe' }] }, {}, [])).toEqual([])
    expect(contentProblems([{ $item: 3 }], {}, ['default'])).toEqual([
      {
        path: 'default[0]',
        message: '{"$item":3} stands for no item',
        mend: 'write {"$item": "id"} and nothing else in it',
      },
    ])
  })
})

describe('a content schema', () => {
  it.each<[name: string, schema: Record<string, unknown>, lines: string[]]>([
    ['is right', card, []],
    [
      'is right in an older draft',
      { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] },
      [],
    ],
    ['a type that is none', { type: 'objekt' }, ['schema.type: "objekt" is none of the choices']],
    [
      'a type within',
      { properties: { a: { type: 'text' } } },
      ['schema.properties.a.type: "text" is none of the choices'],
    ],
    ['required is no list', { required: 'title' }, ['schema.required: it must be a list, but is text']],
    [
      'a property that is no schema',
      { properties: { a: 'string' } },
      ['schema.properties.a: it must be an object or true or false, but is text'],
    ],
    ['a pattern that is none', { pattern: '(' }, ['schema.pattern: "(" is no regex']],
    [
      'a reference to nowhere',
      { items: { $ref: '#/$defs/x' } },
      ['schema.items.$ref: "#/$defs/x" leads nowhere in this schema'],
    ],
    [
      'a reference to elsewhere',
      { $ref: 'https://example.com/x.json' },
      ['schema.$ref: "https://example.com/x.json" leads nowhere in this schema'],
    ],
  ])('%s', (_name, schema, expected) => {
    const problems = contentSchemaProblems(schema, ['schema'])
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(expected)
  })

  it('that refers to itself without end is told of by its first content', () => {
    const [problem] = contentProblems({ a: 1 }, { schema: { $ref: '#' } }, ['default'])
    expect(problem).toMatchObject({ path: 'default', mend: "correct the touchpoint's schema" })
  })
})
