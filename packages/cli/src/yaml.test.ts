import { describe, expect, it } from 'vitest'
import { parseYaml } from './yaml.ts'

describe('lines of YAML', () => {
  const text = `# a file
kind: experience
variants:
  - key: a
    content:
      home.hero:
        title: Hello
  - { key: b, weight: 2 }
---
kind: metric
`
  it.each([
    ['', 2],
    ['kind', 2],
    ['variants', 3],
    ['variants[0].key', 4],
    ['variants[0].content["home.hero"].title', 7],
    ['variants[1].weight', 8],
    ['variants[1].nothing', 8],
    ['nothing.at.all', 2],
  ])('%s is on line %i', (path, line) => {
    expect(parseYaml(text, 'x.yaml')[0]?.lineOf(path)).toBe(line)
  })

  it('counts through the documents of a file', () => {
    expect(parseYaml(text, 'x.yaml')[1]?.lineOf('kind')).toBe(10)
  })

  it('knows the lines of JSON', () => {
    expect(parseYaml('{\n  "kind": "metric",\n  "event":\n    "E"\n}', 'x.json')[0]?.lineOf('event')).toBe(3)
  })

  it.each([
    ['a: [1', 'x.yaml:1:6'],
    ['a: 1\na: 2', 'x.yaml:2:1'],
    ['a: 1\n b: 2', 'x.yaml:1:4'],
    [
      `a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c]`,
      'x.yaml: ',
    ],
  ])('%j is refused with its place', (broken, place) => {
    expect(() => parseYaml(broken, 'x.yaml')).toThrow(place)
  })
})

describe('what is said once and used again', () => {
  const text = `variants:
  - &a
    key: a
    content: { home.hero: &hero { title: Hi, image: /a.png } }
  - <<: *a
    key: b
    content: { home.hero: { <<: *hero, title: Ho } }
`
  const [source] = parseYaml(text, 'x.yaml')

  it('anchors are merged in by <<, and what stands beside it wins', () => {
    expect(source?.value).toEqual({
      variants: [
        { key: 'a', content: { 'home.hero': { title: 'Hi', image: '/a.png' } } },
        { key: 'b', content: { 'home.hero': { title: 'Ho', image: '/a.png' } } },
      ],
    })
  })

  it('the line of what was merged in is that of what it stands in', () => {
    expect(source?.lineOf('variants[1].content["home.hero"].title')).toBe(7)
    expect(source?.lineOf('variants[1].content["home.hero"].image')).toBe(7)
  })
})
