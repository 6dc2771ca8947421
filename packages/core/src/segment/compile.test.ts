import { expect, it } from 'vitest'
import { compiler } from './compile.ts'
import type { Condition } from './condition.ts'
import { NO_NAMES } from './language.ts'
import type { Known, Subject } from './subject.ts'

const NOW = Date.UTC(2026, 10, 1)
const bought: Condition = { did: 'Bought', within: '7d' }
const pro: Condition = { trait: 'plan', is: 'pro' }

/** A subject that counts how often its signals are looked at. */
function counted(known?: Known): { subject: Subject; looks: () => number } {
  let looks = 0
  const profile = {
    traits: {},
    get signals() {
      looks++
      return { Bought: { keep: 9, times: [[NOW - 1000, 1]] as [number, number][] } }
    },
  }
  return { subject: { profile, context: {}, now: NOW, ...(known && { known }) }, looks: () => looks }
}

it('what several conditions say is worked out once of a subject that remembers, and again of the next', () => {
  const compile = compiler(NO_NAMES)
  const conditions = [bought, { all: [bought, pro] }, { not: bought }, { any: [pro, bought] }].map(one =>
    compile(one as Condition),
  )
  const alone = counted()
  conditions[0]!.truth(alone.subject)
  const truths = (subject: Subject) => conditions.map(one => one.truth(subject))
  const expected = [
    { value: true, until: NOW - 1000 + 7 * 86_400_000 },
    { value: false, until: Number.POSITIVE_INFINITY },
    { value: false, until: NOW - 1000 + 7 * 86_400_000 },
    { value: true, until: NOW - 1000 + 7 * 86_400_000 },
  ]
  for (let i = 0; i < 2; i++) {
    const { subject, looks } = counted({ now: NOW, found: new Map() })
    expect(truths(subject)).toEqual(expected)
    expect(looks()).toBe(alone.looks())
  }
  const forgetful = counted()
  expect(truths(forgetful.subject)).toEqual(expected)
  expect(forgetful.looks()).toBe(4 * alone.looks())
})

it('what is remembered of one instant says nothing of another', () => {
  const compile = compiler(NO_NAMES)
  const [first] = [compile(bought), compile({ not: bought })]
  const { subject } = counted({ now: NOW, found: new Map() })
  expect(first!.truth(subject).value).toBe(true)
  expect(first!.truth({ ...subject, now: NOW + 8 * 86_400_000 }).value).toBe(false)
})
