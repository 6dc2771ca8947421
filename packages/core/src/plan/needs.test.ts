import { expect, it } from 'vitest'
import type { Definition } from '../definition/definition.ts'
import type { Experience, Status } from '../definition/experience.ts'
import type { Condition } from '../segment/condition.ts'
import { AHEAD } from '../segment/conditions/did.ts'
import { evaluate } from '../segment/evaluate.ts'
import type { TimesNeed } from '../signal/need.ts'
import type { EventTimes } from '../signal/signal.ts'
import { mergeTimes } from '../signal/times.ts'
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
  expect(needs).toEqual([
    { kind: 'times', key: 'View', event: 'View', keep: 5 + AHEAD },
    { kind: 'times', key: 'Order', event: 'Order', keep: 1 + AHEAD },
  ])
})

it('R5 events ahead of the clock do not push out those that count already', () => {
  const condition: Condition = { did: 'View', within: '1h' }
  const now = 1_000_000_000
  const needs = needsOf({ version: 1, definitions: [experience('a', condition)] })
  const { keep } = needs[0] as TimesNeed
  let View: EventTimes = { keep, times: [[now - 1000, 1]] }
  for (let ahead = 1; ahead <= AHEAD; ahead++) {
    View = mergeTimes(View, { keep, times: [[now + ahead * 1000, ahead]] })
    expect(evaluate(condition, { profile: { traits: {}, signals: { View } }, context: {}, now })).toBe(true)
  }
})
