import { expect, it } from 'vitest'
import { compiledOf, setOf } from '../decision/testing.ts'
import { needsOf } from '../plan/needs.ts'
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
