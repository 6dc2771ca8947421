import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TEMPLATE_LIMITS } from './limits.ts'
import { compileText, isTemplate } from './text.ts'

const text = (source: string, variables: Record<string, unknown> = {}, zone = 'UTC') =>
  compileText(source, 'text').render(variables, zone)
const html = (source: string, variables: Record<string, unknown> = {}) =>
  compileText(source, 'html').render(variables, 'UTC')
const NOON = Date.UTC(2026, 10, 22, 12)

describe('text templates', () => {
  it('are Liquid: values, defaults, conditions and loops', () => {
    const person = { name: 'Ada', tags: ['new', 'vip'] }
    const source = 'Hi {{ person.name | default: "there" }}{% for tag in person.tags %} #{{ tag }}{% endfor %}'
    expect(text(source, { person })).toBe('Hi Ada #new #vip')
    expect(text(source, { person: {} })).toBe('Hi there')
    expect(text('{% if person.n > 2 %}many{% else %}few{% endif %}', { person: { n: 3 } })).toBe('many')
    expect(text('{{ person }} {{ person.tags }}', { person })).toBe('{"name":"Ada","tags":["new","vip"]} newvip')
  })

  it('in HTML escape what they write, unless it is raw', () => {
    const person = { name: `<b onclick="x">&'` }
    const escaped = '&lt;b onclick=&#34;x&#34;&gt;&amp;&#39;'
    expect(html('<p>{{ person.name }}</p>', { person })).toBe(`<p>${escaped}</p>`)
    expect(html('{% capture x %}{{ person.name }}{% endcapture %}{{ x | raw }}', { person })).toBe(escaped)
    expect(html('{% echo person.name %}{% cycle person.name %}', { person })).toBe(escaped + escaped)
    expect(html('{{ person.name | raw }}', { person })).toBe(person.name)
    expect(text('{{ person.name }}', { person })).toBe(person.name)
  })

  it('in HTML escape once: what was captured or escaped before is HTML already', () => {
    const person = { name: `O'Brien <x>` }
    const escaped = 'O&#39;Brien &lt;x&gt;'
    const captured = '{% capture c %}<p>{{ person.name }}</p>{% endcapture %}'
    expect(html(`${captured}{{ c }}{% echo c %}`, { person })).toBe(`<p>${escaped}</p>`.repeat(2))
    expect(html('{{ person.name | escape }}|{{ person.name | upcase | escape }}', { person })).toBe(
      `${escaped}|O&#39;BRIEN &lt;X&gt;`,
    )
    expect(html('{{ "a &amp; b" | escape_once }}|{{ "&" | xml_escape }}')).toBe('a &amp; b|&amp;')
    // Whatever is added to it afterwards is not.
    expect(html(`${captured}{{ c | append: person.name }}`, { person })).not.toMatch(/[<>]/)
    expect(text(`${captured}{{ c }}{{ person.name | escape }}`, { person })).toBe(`<p>${person.name}</p>${escaped}`)
    expect(html('{{ x | newline_to_br }}', { x: '<a>\n"b"\r\nc' })).toBe('&lt;a&gt;<br />\n&#34;b&#34;<br />\nc')
    expect(html('{{ x | escape | newline_to_br }}', { x: '<\n>' })).toBe('&lt;<br />\n&gt;')
  })

  it('reckon in decimals, and cut between whole characters', () => {
    expect(text('{{ 0.1 | plus: 0.2 }} {{ 9.9 | times: 1.1 }} {{ 0.57 | times: 100 }} {{ 1.1 | minus: 1 }}')).toBe(
      '0.3 10.89 57 0.1',
    )
    expect(text('{{ 1 | divided_by: 3 }} {{ 9007199254740990 | plus: 1 }}')).toBe('0.333333333333333 9007199254740991')
    expect(text('{{ x | split: "" | join: "." }}', { x: '😀é👍' })).toBe('😀.é.👍')
    expect(text('{{ x | split: "b" | join: "." }}', { x: 'abcb' })).toBe('a.c')
  })

  it('in HTML nothing a person says becomes a tag', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), said => {
        const written = html('{{ x }}{% for c in list %}{{ c | append: x }}{% endfor %}', { x: said, list: [said] })
        expect(written).not.toMatch(/[<>"']/)
      }),
      { numRuns: 200 },
    )
  })

  it('add up in decimals, as they reckon, and show no infinite sum', () => {
    const lines = [{ price: 0.1 }, { price: '0.2' }, { price: null }, { price: 'free' }, {}]
    expect(text('{{ x | sum: "price" }} {{ x | map: "price" | sum | plus: 1 }}', { x: lines })).toBe('0.3 1.3')
    expect(text('{{ x | sum }} {{ y | sum }} {{ none | sum }}', { x: [0.1, 0.2, -0.3], y: 1.5 })).toBe('0 1.5 0')
    expect(text('{% assign total = x | sum %}{% if total == 0.3 %}yes{% endif %}', { x: [0.1, 0.2] })).toBe('yes')
    expect(() => text('{{ x | sum | append: " EUR" }}', { x: ['1e400'] })).toThrow('Infinity is no number')
  })

  it('tell times in the zone they are rendered for', () => {
    expect(text('{{ t | date: "%A %e %B %Y, %H:%M" }}', { t: NOON }, 'Europe/Berlin')).toBe(
      'Sunday 22 November 2026, 13:00',
    )
    expect(text('{{ t | date: "%F %T" }} {{ s | date }}', { t: NOON / 1000, s: '2026-11-22T23:30:00Z' })).toBe(
      '2026-11-22 12:00:00 2026-11-22',
    )
    expect(text('{{ t | date: "%-d.%-m. %-I %p", "America/New_York" }}', { t: NOON })).toBe('22.11. 7 AM')
    const autumn = { t: Date.UTC(2026, 9, 25, 1, 30) + 7 }
    expect(text('{{ t | date: "%j %k:%M%z %s.%L %D %h %w" }}', autumn, 'Europe/Berlin')).toBe(
      '298  2:30+0100 1792891800.007 10/25/26 Oct 0',
    )
    expect(text('{{ t | date: "%j %z" }}', autumn, 'America/St_Johns')).toBe('297 -0230')
    expect(text('{{ "now" | date: "%Y" }}{{ x | date: "%Y" }}', { x: null })).toBe('now')
  })

  it('show money by currency and language', () => {
    expect(text('{{ 1234.5 | money: "EUR" }}|{{ p | money: "USD", "en-US" }}', { p: 0.5 })).toBe('€1,234.50|$0.50')
    expect(text('{{ 1234.5 | money: "EUR", "de-DE" }}')).toMatch(/^1\.234,50\s€$/)
    expect(() => text('{{ 1 | money: "euro" }}')).toThrow('needs a currency')
    expect(() => text('{{ 1 | money: "EUR", "not a tag" }}')).toThrow('no language tag')
  })

  it('say what they name, with paths, and not what they make themselves', () => {
    const { names } = compileText(
      '{% assign own = 1 %}{{ own }}{{ person.address.city }}\n{% for i in items["sku-1"].parts %}{{ i.x }}{% endfor %}{{ person[context.k] }}',
      'text',
    )
    const paths = names.map(({ path, line }) => [line, ...path])
    expect(paths).toHaveLength(4)
    expect(paths).toEqual(
      expect.arrayContaining([
        [1, 'person', 'address', 'city'],
        [2, 'items', 'sku-1', 'parts'],
        [2, 'person', undefined],
        [2, 'context', 'k'],
      ]),
    )
  })

  it('are known by their brackets', () => {
    expect(['{{ x }}', 'a {% if x %}'].map(isTemplate)).toEqual([true, true])
    expect(['', '{"a": 1}', '50 % {off}'].map(isTemplate)).toEqual([false, false, false])
  })
})

describe('R11 a template is bounded', () => {
  const refused = (source: string, message: string, variables = {}) =>
    expect(() => text(source, variables), source.slice(0, 100)).toThrow(message)

  it('in steps: loops end', () => {
    refused('{% for i in (1..20000) %}x{% endfor %}', 'loops too often')
    refused(`${'{% for i in (1..100) %}'.repeat(4)}{{ i }}${'{% endfor %}'.repeat(4)}`, 'loops too often')
    refused('{% tablerow i in (1..20000) %}x{% endtablerow %}', 'loops too often')
    // Also where there is nothing in the loop.
    refused('{% for i in (1..600000) %}{% endfor %}', 'limit exceeded')
    refused('{% for i in (1..400) %}{% for j in (1..2000) %}{% endfor %}{% endfor %}', 'loops too often')
  })

  it('in what it writes, captures and builds', () => {
    const long = 'x'.repeat(1000)
    refused(`{% for i in (1..500) %}${long}{% endfor %}`, 'writes more than')
    refused(`{% capture c %}{% for i in (1..500) %}${long}{% endfor %}{% endcapture %}`, 'writes more than')
    const doubled =
      '{% assign s = "xxxxxxxxxxxxxxxx" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}'
    refused(doubled, 'limit exceeded')
    refused(doubled.replaceAll('append: s', 'replace: "x", s'), 'limit exceeded')
    refused('{{ a | join: b }}', 'limit exceeded', { a: Array.from({ length: 1000 }, () => 'x'), b: long })
  })

  it('in the work of its filters and comparisons, whatever the data', () => {
    const list = Array.from({ length: 20_000 }, (_, i) => i)
    for (const filter of ['sum', 'size', 'first', 'has: "x"', 'where: "x"', 'slice: 1']) {
      refused(`{% for i in (1..200) %}{{ list | ${filter} }}{% endfor %}`, 'limit exceeded', { list })
    }
    refused('{% for i in (1..200) %}{% if list contains "z" %}{% endif %}{% endfor %}', 'limit exceeded', { list })
  })

  it('in lists within lists, which a few characters double', () => {
    const doubled = (filter: string) =>
      `{% assign l = "a,b" | split: "," %}{% assign m = l | reverse %}${`{% assign l = l | ${filter} %}`.repeat(40)}`
    const looks = [
      '{{ l }}',
      '{{ l | json }}',
      '{% if l == m %}{% endif %}',
      '{% case l %}{% when m %}{% endcase %}',
      '{{ m | append: l }}',
    ]
    for (const look of looks) {
      for (const filter of ['push: l', 'unshift: l', 'group_by: "size" | concat: l']) {
        refused(doubled(filter) + look, 'limit exceeded')
      }
    }
    expect(text('{% assign l = "a,b" | split: "," %}{{ l | push: l | json }}')).toBe('["a","b",["a","b"]]')
    expect(text('{{ l | group_by: "x" | map: "name" | join }}', { l: [{ x: 1 }, { x: 2 }, { x: 1 }] })).toBe('1 2')
  })

  it('in the values of one tag, and in looking at lists', () => {
    const loop = (body: string) => `{% for i in (1..9000) %}${body}{% endfor %}`
    const many = [
      `{% if x${' or x'.repeat(2000)} %}{% endif %}`,
      `{% if x %}${'{% elsif 1 == 2 %}'.repeat(2000)}{% endif %}`,
      `{% case x %}{% when ${'1, '.repeat(5000)}1 %}{% endcase %}`,
      `{% cycle ${'"a", '.repeat(5000)}"a" %}`,
      `{{ x${'.x'.repeat(5000)} }}`,
      `{{ 1 | default: ${'x, '.repeat(5000)}x }}`,
    ]
    for (const tag of many) refused(loop(tag), 'limit exceeded')
    const list = Array.from({ length: 10_000 }, (_, i) => i)
    refused(loop('{% if a == b %}{% endif %}'), 'limit exceeded', { a: list, b: [...list] })
    // What people write is not held up by it.
    const products = Array.from({ length: 100 }, (_, i) => ({ title: `t${i}`, tags: ['a', 'b'] }))
    const shown = text(
      '{% for p in products %}{% if p.title != "" and p.tags contains "a" or p.title == "x" %}{{ p.title }}{% endif %}{% endfor %}',
      { products },
    )
    expect(shown).toBe(products.map(({ title }) => title).join(''))
  })

  it('in length', () => {
    refused(`${'x'.repeat(TEMPLATE_LIMITS.source + 1)}{{ x }}`, 'parse length limit exceeded')
  })

  it('in depth: what is too deep for the stack fails as everything else does', () => {
    const deep = `${'{% if x %}'.repeat(3000)}x${'{% endif %}'.repeat(3000)}`
    const outcome = (() => {
      try {
        return text(deep, { x: 1 })
      } catch (error) {
        return (error as Error).name
      }
    })()
    expect(['x', 'TemplateError']).toContain(outcome)
  })

  it('takes less than a second of CPU at any of its bounds', () => {
    const started = process.cpuUsage()
    const list = Array.from({ length: 2_000 }, (_, i) => `item ${i}`)
    refused('{% for i in (1..9000) %}{% assign x = list | sort | reverse | join: "," %}{% endfor %}', 'limit', { list })
    refused('{% for i in (1..9000) %}{% if a == b %}{% endif %}{% endfor %}', 'steps', {
      a: 'x'.repeat(4000),
      b: `${'x'.repeat(3999)}y`,
    })
    const { user, system } = process.cpuUsage(started)
    expect((user + system) / 1000).toBeLessThan(1000)
  })
})

describe('a template reaches nothing but its variables', () => {
  const refused = (source: string, message: string) => expect(() => text(source), source).toThrow(message)

  it('no files, no clock, no chance', () => {
    for (const tag of ['include "x"', 'render "x"', 'layout "x"', 'block x']) refused(`{% ${tag} %}`, 'not found')
    for (const filter of ['sample', 'date_to_string', 'where_exp: "x", "1"', 'sha256']) {
      refused(`{{ x | ${filter} }}`, 'undefined filter')
    }
    expect(text('{{ "now" | date }}{{ "today" | date: "%Y" }}')).toBe('nowtoday')
  })

  it('nothing inherited', () => {
    const source = '{{ x.constructor }}{{ x.__proto__ }}{{ x.toString }}{{ x.constructor.constructor }}{{ toString }}'
    expect(text(source, { x: { a: 1 } })).toBe('')
    expect(text('{{ list.length }}{{ list.size }}{{ list.map }}', { list: [1, 2] })).toBe('22')
  })

  it('numbers that are none are not shown', () => {
    for (const source of ['{{ 1 | divided_by: 0 }}', '{{ x }}', '{{ x | raw }}']) {
      expect(() => text(source, { x: Number.POSITIVE_INFINITY }), source).toThrow('no number that can be shown')
    }
  })

  it('R6 the same variables have the same text', () => {
    const source = '{% increment n %}{% cycle "a", "b" %}{{ x | sort | join: "," }}'
    const template = compileText(source, 'text')
    const once = template.render({ x: ['b', 'a'] }, 'UTC')
    expect(template.render({ x: ['b', 'a'] }, 'UTC')).toBe(once)
  })
})

it.each([
  ['{{ x', 'not closed'],
  ['{% if x %}', 'not closed'],
  ['{% nosuch %}', 'not found'],
  ['{{ x | nosuch }}', 'undefined filter: nosuch'],
  ['{% if %}{% endif %}', 'invalid value expression'],
])('%s is refused: %s', (source, message) => {
  expect(() => compileText(source, 'text')).toThrow(message)
})
