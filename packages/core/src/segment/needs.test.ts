import { expect, it } from 'vitest'
import type { Definition } from '../definition/definition.ts'
import type { Experience, Status } from '../definition/experience.ts'
import type { Condition } from './condition.ts'
import { needsOf } from './needs.ts'

function experience(key: string, audience: Condition | undefined, status: Status = 'running', archived = false) {
  const body: Experience = { tactic: 'offer', touchpoints: ['t'], variants: [], status, ...(audience && { audience }) }
  return { kind: 'experience', key, version: 1, published: 0, author: '', archived, body } satisfies Definition
}

it('R11 keeps the largest number of times that any live experience asks for, one signal an event', () => {
  const needs = needsOf({
    version: 7,
    definitions: [
      experience('a', { all: [{ did: 'View', atLeast: 3 }, { not: { did: 'Order', within: '7d' } }] }),
      experience(
        'b',
        {
          any: [
            { did: 'View', atLeast: 5, within: '1d' },
            { trait: 'plan', is: 'pro' },
          ],
        },
        'paused',
      ),
      experience('c', { did: 'View', atLeast: 9 }, 'draft'),
      experience('d', { did: 'View', atLeast: 9 }, 'ended'),
      experience('e', { did: 'View', atLeast: 9 }, 'running', true),
      experience('f', undefined),
      experience('g', { did: 'View', atLeast: 2 }),
    ],
  })
  expect(needs.version).toBe(7)
  expect(Object.fromEntries(needs.byEvent)).toEqual({
    View: [{ key: 'View', event: 'View', keep: 5 }],
    Order: [{ key: 'Order', event: 'Order', keep: 1 }],
  })
})
