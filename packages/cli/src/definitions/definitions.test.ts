import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '@espalier/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../testing/shell.ts'
import { differences } from './difference.ts'
import { readDefinitions } from './files.ts'
import type { LiveDefinition } from './live.ts'
import { normalBody } from './normal.ts'
import { writeDefinitions } from './write.ts'

const metric = { type: 'conversion', event: 'Order Completed' } satisfies JsonObject

function folderOf(files: Record<string, string | Buffer>): string {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

function liveOf(kind: string, key: string, body: JsonObject, archived = false): LiveDefinition {
  return { kind, key, version: 1, archived, body: normalBody(kind, key, body) }
}

describe('definition files', () => {
  it('are YAML with several documents, JSON with one or a list; folders are read whole, in order', () => {
    const folder = folderOf({
      'b.yaml':
        'kind: metric\nkey: one\ntype: conversion\nevent: E\n---\nkind: metric\nkey: two\ntype: conversion\nevent: E\n',
      'a/c.json': JSON.stringify([
        { kind: 'metric', key: 'three', ...metric },
        { kind: 'metric', key: 'four', ...metric },
      ]),
      'a/d.json': JSON.stringify({ kind: 'settings', currency: 'EUR' }),
      '.hidden.yaml': 'nonsense: [',
      'readme.md': 'nothing',
    })
    expect(readDefinitions([folder]).map(({ kind, key, document, item }) => [kind, key, document, item])).toEqual([
      ['metric', 'three', 0, 0],
      ['metric', 'four', 0, 1],
      ['settings', 'workspace', 0, undefined],
      ['metric', 'one', 0, undefined],
      ['metric', 'two', 1, undefined],
    ])
    const [three, four] = readDefinitions([join(folder, 'a/c.json')])
    expect(three?.body).toEqual(metric)
    expect(four?.lineOf('event')).toBe(1)
  })

  it.each([
    [{ 'a.yaml': 'just text' }, /a\.yaml:1: this is no definition/],
    [{ 'a.yaml': '\n\nkey: x' }, /a\.yaml:3: kind is missing/],
    [{ 'a.yaml': 'kind: metric' }, /a\.yaml:1: key is missing/],
    [{ 'a.yaml': 'kind: metric\nkey: 2024' }, /a\.yaml:1: the key 2024 is a number, not text/],
    [{ 'a.yaml': 'kind: [' }, /a\.yaml:1/],
    [
      { 'a.yaml': 'kind: metric\nkey: x', 'b.yaml': '\nkind: metric\nkey: x' },
      /b\.yaml:3: metric x is stated in .*a\.yaml:2 too/,
    ],
    [{ 'a.txt': 'kind: metric' }, /no definition files/],
    [
      { 'a.yaml': 'kind: touchpoint\nkey: x\ndefault:\n  size: .inf' },
      /a\.yaml:4: default\.size: Infinity is no number/,
    ],
    [
      { 'a.yaml': '- { kind: touchpoint, key: x,\n  default: !!set { a, b } }' },
      /a\.yaml:2: default: Set is nothing that/,
    ],
    [{ 'a.yaml': Buffer.from('kind: metric\nkey: gr\xfcn', 'latin1') }, /a\.yaml is not UTF-8/],
  ] as [Record<string, string | Buffer>, RegExp][])('%o is refused', (files, message) => {
    expect(() => readDefinitions([folderOf(files)])).toThrow(message)
  })

  it('without a kind say which there are', () => {
    const folder = folderOf({ 'a.yaml': 'key: x' })
    expect(() => readDefinitions([folder])).toThrow(expect.objectContaining({ mend: expect.stringMatching(/segment/) }))
  })
})

describe('pull', () => {
  it('writes a file a definition; again it touches nothing', () => {
    const folder = temporaryFolder()
    const set = {
      version: 3,
      definitions: [
        liveOf('touchpoint', 'home.hero', { channel: 'web', default: { title: 'Hi' } }),
        liveOf('metric', 'orders', metric),
        liveOf('metric', 'gone', metric, true),
        liveOf('segment', 'buyers', { condition: { did: 'Order Completed' } }),
        liveOf('computedTrait', 'bought', { value: { count: 'Order Completed' } }),
        liveOf('settings', 'workspace', { currency: 'EUR' }),
      ],
    }
    const first = writeDefinitions(folder, set)
    expect(first.created.map(path => path.slice(folder.length + 1))).toEqual([
      'touchpoints/home.hero.yaml',
      'metrics/orders.yaml',
      'segments/buyers.yaml',
      'computed-traits/bought.yaml',
      'settings.yaml',
    ])
    expect(readFileSync(join(folder, 'metrics/orders.yaml'), 'utf8')).toBe(
      'kind: metric\nkey: orders\ntype: conversion\nevent: Order Completed\ndirection: up\n',
    )
    for (const path of first.created) utimesSync(path, 1, 1)
    const second = writeDefinitions(folder, set)
    expect(second).toEqual({ created: [], updated: [], unchanged: 5, local: [] })
    for (const path of first.created) expect(statSync(path).mtimeMs).toBe(1000)
    expect(
      readDefinitions([folder])
        .map(({ kind, key }) => `${kind} ${key}`)
        .sort(),
    ).toEqual(['computedTrait bought', 'metric orders', 'segment buyers', 'settings workspace', 'touchpoint home.hero'])
  })

  it('a file that says the same without its defaults, in another order, with comments, stays as it is', () => {
    const text = '# ours\nkey: orders # the one\nkind: metric\nevent: Order Completed\ntype: conversion\n'
    const folder = folderOf({ 'mine.yaml': text })
    expect(writeDefinitions(folder, { version: 1, definitions: [liveOf('metric', 'orders', metric)] })).toMatchObject({
      created: [],
      updated: [],
      unchanged: 1,
    })
    expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toBe(text)
  })

  it.each([
    [
      'several.yaml',
      '# first\nkind: metric\nkey: other\ntype: conversion\nevent: E # kept\n---\n# second\nkind: metric\nkey: orders\ntype: conversion\nevent: Old\n',
    ],
    [
      'list.yaml',
      '- { kind: metric, key: other, type: conversion, event: E }\n- { kind: metric, key: orders, type: conversion, event: Old }\n',
    ],
    [
      'list.json',
      JSON.stringify([
        { kind: 'metric', key: 'other', type: 'conversion', event: 'E' },
        { kind: 'metric', key: 'orders', type: 'conversion', event: 'Old' },
      ]),
    ],
    ['one.json', JSON.stringify({ kind: 'metric', key: 'orders', type: 'conversion', event: 'Old' })],
  ])('what changed is put in its place in %s, the others stay', (name, text) => {
    const folder = folderOf({ [name]: text })
    const pulled = writeDefinitions(folder, { version: 1, definitions: [liveOf('metric', 'orders', metric)] })
    expect(pulled.updated).toHaveLength(1)
    const after = readDefinitions([folder])
    expect(after.find(({ key }) => key === 'orders')?.body).toMatchObject(metric)
    if (name !== 'one.json') {
      expect(after.find(({ key }) => key === 'other')?.body).toEqual({ type: 'conversion', event: 'E' })
      expect(pulled.local).toMatchObject([{ kind: 'metric', key: 'other' }])
    }
    if (name === 'several.yaml') {
      const written = readFileSync(join(folder, name), 'utf8')
      expect(written).toContain('event: E # kept')
      expect(written).toContain('# second')
    }
  })

  it.each([
    ['a file of its own', {}],
    ['a document', { 'a.yaml': '# ours\nkind: touchpoint\nkey: a\nchannel: web\n' }],
    ['a place in a list', { 'a.yaml': '- { kind: touchpoint, key: a, channel: web }\n' }],
    ['JSON', { 'a.json': '{"kind": "touchpoint", "key": "a", "channel": "web"}' }],
  ] as [string, Record<string, string>][])('content of any shape comes back as it is from %s', (_, files) => {
    const odd = ['<<', '*a', '&a', '~', 'yes', '010', '1e3', '? x', 'a: b', '# x', ' x ', 'a\n\n b\n', '\u2028', '']
    const text = fc.oneof(fc.constantFrom(...odd), fc.string())
    const name = text.filter(key => key !== '__proto__')
    const json = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.oneof(text, fc.boolean(), fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true })),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).value
    fc.assert(
      fc.property(json, content => {
        const folder = folderOf(files)
        const body = JSON.parse(JSON.stringify({ channel: 'web', default: [content] })) as JsonObject
        const set = { version: 1, definitions: [liveOf('touchpoint', 'a', body)] }
        writeDefinitions(folder, set)
        expect(readDefinitions([folder]).map(one => one.body.default)).toEqual([body.default])
        expect(writeDefinitions(folder, set)).toMatchObject({ created: [], updated: [], unchanged: 1 })
      }),
      { examples: [[{ '<<': { a: 1 } }], [{ '<<': 'x', a: { '<<': [{ b: 1 }] } }]] },
    )
  })

  it('a file with a list and more documents loses none of them', () => {
    const one = (key: string) => `{ kind: metric, key: ${key}, type: conversion, event: E }`
    const folder = folderOf({ 'mixed.yaml': `- ${one('a')}\n- ${one('orders')}\n---\n${one('b')}\n` })
    writeDefinitions(folder, { version: 1, definitions: [liveOf('metric', 'orders', metric)] })
    const after = readDefinitions([folder])
    expect(after.map(({ key, body }) => [key, body.event])).toEqual([
      ['a', 'E'],
      ['orders', 'Order Completed'],
      ['b', 'E'],
    ])
  })

  it('a file that has the name of a new one and states something else is not written over', () => {
    const draft = '# mine\nkind: metric\nkey: draft\ntype: conversion\nevent: E\n'
    const folder = folderOf({ 'metrics/orders.yaml': draft, 'metrics/orders-2.yaml': '# nothing yet\n' })
    const live = { version: 1, definitions: [liveOf('metric', 'orders', metric)] }
    const pulled = writeDefinitions(folder, live)
    expect(pulled.created).toEqual([join(folder, 'metrics/orders-3.yaml')])
    expect(pulled.local).toMatchObject([{ kind: 'metric', key: 'draft' }])
    expect(readFileSync(join(folder, 'metrics/orders.yaml'), 'utf8')).toBe(draft)
    expect(writeDefinitions(folder, live)).toMatchObject({ created: [], updated: [], unchanged: 1 })
  })

  it('what refers to an anchor in what changed keeps what it stood for', () => {
    const text =
      '- { kind: metric, key: orders, type: conversion, event: Old, where: &paid [{ property: paid, is: true }] }\n' +
      '- { kind: metric, key: other, type: conversion, event: &name E, where: *paid }\n' +
      '- { kind: metric, key: third, type: count, event: *name }\n'
    const folder = folderOf({ 'anchors.yaml': text })
    writeDefinitions(folder, { version: 1, definitions: [liveOf('metric', 'orders', metric)] })
    const [orders, other, third] = readDefinitions([folder])
    expect(orders?.body).toMatchObject(metric)
    expect(orders?.body).not.toHaveProperty('where')
    expect(other?.body.where).toEqual([{ property: 'paid', is: true }])
    expect(third?.body.event).toBe('E')
    // What did not have to go is still written as it was.
    expect(readFileSync(join(folder, 'anchors.yaml'), 'utf8')).toContain('event: *name')
  })
})

describe('differences', () => {
  it('are none in what a file writes as -0, which is 0 once it was sent', () => {
    const sent = (x: number) => ({ channel: 'web', default: { x, list: [x] } })
    expect(differences(normalBody('touchpoint', 'a', sent(0)), normalBody('touchpoint', 'a', sent(-0)))).toEqual([])
  })

  it('name the path, and variants by their key', () => {
    const variant = (key: string, weight: number) => ({ key, weight })
    expect(
      differences(
        { name: 'a', control: 0.1, variants: [variant('x', 0.5), variant('y', 0.5)], tags: ['a'] },
        {
          control: 0.2,
          variants: [variant('y', 0.5), variant('x', 0.4), variant('z', 0.1)],
          tags: ['a', 'b'],
          goal: 'g',
        },
      ),
    ).toEqual([
      { path: 'name', before: 'a', after: undefined },
      { path: 'control', before: 0.1, after: 0.2 },
      { path: 'variants (order)', before: ['x', 'y'], after: ['y', 'x', 'z'] },
      { path: 'variants[x].weight', before: 0.5, after: 0.4 },
      { path: 'variants[z]', before: undefined, after: variant('z', 0.1) },
      { path: 'tags', before: ['a'], after: ['a', 'b'] },
      { path: 'goal', before: undefined, after: 'g' },
    ])
  })

  it('there are none exactly when two bodies are the same', () => {
    const json = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.integer({ min: 0, max: 2 }),
        fc.constantFrom('a', null, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('key', 'b'), tie('value'), { noNullPrototype: true }),
      ),
    })).value
    const body = fc.dictionary(fc.constantFrom('a', 'b', 'key'), json, {
      noNullPrototype: true,
    }) as fc.Arbitrary<JsonObject>
    fc.assert(
      fc.property(body, body, (a, b) => {
        const canonical = (value: unknown): string =>
          JSON.stringify(value, (_, part: unknown) =>
            typeof part === 'object' && part !== null && !Array.isArray(part)
              ? Object.fromEntries(Object.entries(part).sort(([x], [y]) => (x < y ? -1 : 1)))
              : part,
          )
        expect(differences(a, b).length === 0).toBe(canonical(a) === canonical(b))
      }),
    )
  })
})
