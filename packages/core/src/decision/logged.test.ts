import { expect, it } from 'vitest'
import type { JsonObject } from '../json.ts'
import { languageOf } from '../plan/needs.ts'
import type { Condition } from '../segment/condition.ts'
import { decide } from './decide.ts'
import { compileLogged, compileLoggedInput } from './logged.ts'
import { catalogOf, compiledOf, personOf } from './testing.ts'

/** Noon in Vienna, evening in Tokyo. */
const NOON = Date.UTC(2026, 10, 20, 11)
const MORNING: Condition = { time: { from: '09:00', to: '13:00', zone: 'person' } }
const settings = { workspace: { holdout: 0, timezone: 'Europe/Vienna' } }
const language = languageOf({ version: 1, definitions: [] })

/** What is logged of a decision that asks a condition, as the log has it. */
function logged(audience: Condition, timezone: string | undefined, context: JsonObject) {
  const set = compiledOf({
    settings,
    touchpoint: { hero: { channel: 'web', default: 'plain' } },
    experience: {
      x: {
        tactic: 'content',
        touchpoints: ['hero'],
        control: 0,
        audience,
        variants: [{ key: 'a', content: { hero: 1 } }],
      },
    },
  })
  const profile = { ...personOf({ bucketKey: 'x' }), ...(timezone !== undefined && { timezone }) }
  const { inputs, answers } = decide({ set, profile, context, now: NOON, touchpoints: ['hero'], items: catalogOf({}) })
  const subject = { inputs: JSON.parse(JSON.stringify(inputs)), context, at: NOON, definitions: 7 }
  return { subject, held: answers[0]!.experience === 'x' }
}

it('R7 a rule by the person’s clock is judged by the zone that was known of them then', () => {
  for (const [timezone, context] of [
    ['Asia/Tokyo', {}],
    ['Europe/Vienna', {}],
    ['Asia/Tokyo', { timezone: 'Europe/Vienna' }],
    ['Europe/Vienna', { timezone: 'Asia/Tokyo' }],
    [undefined, {}],
  ] as const) {
    const { subject, held } = logged(MORNING, timezone, context)
    const judged = compileLogged({ all: [MORNING, { not: { calendar: 'never' } }] }, language)
    expect([judged.test(subject), judged.knows!(subject)], `${timezone} ${JSON.stringify(context)}`).toEqual([
      held,
      true,
    ])
  }
})

it('a decision that did not ask it cannot tell, unless its context names the zone, or it was made elsewhere', () => {
  const other: Condition = { trait: 'plan', isNot: 'pro' }
  const { subject } = logged(other, 'Asia/Tokyo', {})
  const knows = (given: object) => compileLogged(MORNING, language).knows!({ ...subject, ...given })
  expect(knows({})).toBe(false)
  expect(knows({ context: { timezone: 'Nowhere/Land' } })).toBe(false)
  expect(knows({ context: { timezone: 'Asia/Tokyo' } })).toBe(true)
  expect(knows({ definitions: 0 })).toBe(true)
  const input = compileLoggedInput('x', { key: 'i', kind: 'boolean', from: { when: { not: MORNING } } }, language)
  expect(input.knows!(subject)).toBe(false)
  // The workspace’s clock needs no person.
  expect(compileLogged({ any: [other, { time: { from: '09:00', to: '13:00' } }] }, language)).not.toHaveProperty(
    'knows',
  )
})
