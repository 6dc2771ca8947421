import { expect, it } from 'vitest'
import { compiledOf, setOf } from '../decision/testing.ts'
import { needsOf } from '../plan/needs.ts'
import { validateSet } from '../plan/validateSet.ts'
import { conditionsOf, defaultConditionsOf } from './conditionsOf.ts'
import type { Experience } from './experience.ts'

const block = (event: string, content: unknown = 'x') => ({ $blocks: [{ key: 'k', when: { did: event }, content }] })
const experience = {
  tactic: 'offer',
  touchpoints: ['hero'],
  audience: { did: 'A' },
  policy: { kind: 'rules', rules: [{ when: { did: 'B' }, variant: 'v' }] },
  offer: { eligibility: { not: { did: 'C' } } },
  variants: [{ key: 'v', content: { hero: { deep: [block('D', block('E'))] } } }],
  fallbacks: [{ hero: { $blocks: [{ key: 'k', rank: [{ when: { did: 'F' }, rank: 1 }] }] } }],
}
const touchpoint = { channel: 'web', default: [block('G')] }

it('everything an experience and a default content ask of a person is found', () => {
  expect(conditionsOf(experience as unknown as Experience)).toEqual([
    { did: 'A' },
    { did: 'B' },
    { not: { did: 'C' } },
    { did: 'D' },
    { did: 'E' },
    { did: 'F' },
  ])
  expect(defaultConditionsOf(touchpoint as never)).toEqual([{ did: 'G' }])
  expect(conditionsOf({})).toEqual([])
})

it('what has not the shape it should have asks nothing, and is told by its place', () => {
  const contents: [unknown, string][] = [
    [{ $blocks: 'faq' }, '.$blocks'],
    [{ $blocks: [null] }, '.$blocks[0]'],
    [{ $blocks: [{ key: 'k', when: 'always' }] }, '.$blocks[0].when'],
    [{ $blocks: [{ key: 'k', rank: [null] }] }, '.$blocks[0].rank'],
    [{ $text: 7 }, '.$text'],
    [{ $text: '{{ prices["hat"].price }}', with: null }, '.with'],
    [{ $list: null }, '.$list'],
    [{ $recent: 'all' }, '.$recent'],
  ]
  for (const [content, place] of contents) {
    // Also where prices are looked through for protected traits.
    const variants = [{ key: 'v', price: { percent: -10 }, content: { hero: content } }]
    const changes = [
      { kind: 'touchpoint', key: 'hero', body: { channel: 'web', default: content } },
      {
        kind: 'experience',
        key: 'x',
        body: {
          tactic: 'price',
          touchpoints: ['hero'],
          price: { floor: { price: 1 } },
          variants,
          fallbacks: [{ hero: content }],
        },
      },
    ] as unknown as Parameters<typeof validateSet>[0]
    const problems = validateSet(changes, { version: 0, definitions: [] })
    const paths = problems.map(({ path }) => path)
    for (const from of ['default', 'variants[0].content.hero', 'fallbacks[0].hero']) {
      expect(
        paths.some(path => path.startsWith(`${from}${place}`)),
        `${from}${place} in ${paths}`,
      ).toBe(true)
    }
  }
})

it('and what it needs is kept with people, unless it is not asked any more', () => {
  compiledOf({ touchpoint: { hero: touchpoint }, experience: { x: experience } })
  const needed = (status: string) => {
    const body = { ...experience, status }
    const set = setOf({
      touchpoint: { hero: { version: 1, body: touchpoint } },
      experience: { x: { version: 1, body } },
    })
    return needsOf(set)
      .map(({ key }) => key)
      .sort()
  }
  expect(needed('running')).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G'])
  expect(needed('paused')).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G'])
  expect(needed('ended')).toEqual(['G'])
})
