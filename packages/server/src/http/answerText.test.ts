import type { Json, JsonObject } from '@espalier/core'
import type { Answer } from '@espalier/core/decision'
import { compile } from '@espalier/core/decision'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LiveSet } from '../pipeline/definitions.ts'
import { answerText } from './answerText.ts'

const hero: Json = { title: 'a "quoted" title\u2028', list: [1, null, { __proto__: null }] as Json[] }
const published = {
  version: 1,
  definitions: [
    { kind: 'touchpoint' as const, key: 'hero', version: 1, body: { channel: 'web', default: hero } },
    { kind: 'touchpoint' as const, key: 'note', version: 1, body: { channel: 'web', default: 'a "note"' } },
  ],
}
const compiled = compile(published as unknown as Parameters<typeof compile>[0])
const set = { published, compiled, settings: {} } as unknown as LiveSet

const key = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/)
const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }) as fc.Arbitrary<JsonObject>
const members = fc.record(
  {
    reason: fc.constantFrom('assigned' as const, 'holdout' as const, 'unknown-touchpoint' as const),
    content: fc.oneof(fc.constant(hero), fc.constant('a "note"'), fc.jsonValue() as fc.Arbitrary<Json>),
    control: fc.boolean(),
    holdout: fc.boolean(),
    propensity: fc.double({ min: 0, max: 1, noNaN: true }),
    variant: key,
    missing: fc.array(fc.string(), { maxLength: 2 }),
    fault: fc.record({ code: fc.constant('misfit' as const), message: fc.string() }),
    held: fc.record({ since: fc.nat(), propensity: fc.constant(0.5) }),
    offer: object,
  },
  { requiredKeys: ['reason', 'content', 'control', 'holdout', 'propensity'] },
)
const found = fc.option(fc.record({ experience: key, version: fc.nat() }), { nil: {} })
const one = fc.record({
  answer: fc.tuple(members, found).map(([some, more]) => ({ ...some, ...more })),
  decisionId: fc.option(fc.base64String(), { nil: undefined }),
})
const asked = fc.uniqueArray(
  fc.record({
    touchpoint: fc.oneof(fc.string(), fc.constantFrom('hero', 'note', '__proto__', '"')),
    slots: fc.array(one, { minLength: 1, maxLength: 3 }),
    isRanked: fc.boolean(),
  }),
  { selector: ({ touchpoint }) => touchpoint, maxLength: 5 },
)
const told = fc.array(fc.record({ index: fc.nat(), code: fc.string(), message: fc.string() }), { maxLength: 2 })

it('an answer is written by hand as it would be written from objects, and tells only a secret key all', () => {
  fc.assert(
    fc.property(asked, fc.boolean(), told, told, (places, secret, errors, warnings) => {
      const answers = places.flatMap(({ touchpoint, slots, isRanked }) =>
        (isRanked ? slots : slots.slice(0, 1)).map(({ answer, decisionId }, i) => ({
          answer: { ...answer, touchpoint, ...(isRanked && { rank: i + 1 }) } as Answer,
          decisionId,
        })),
      )
      const decided = { requestId: 'r1', profile: 'p1', answers }
      const text = answerText(decided, { secret, set, errors, refused: [], warnings } as Parameters<
        typeof answerText
      >[1])
      const view = ({ answer, decisionId }: (typeof answers)[number]) => {
        const { touchpoint: _, rank: __, propensity, held, fault, ...open } = answer
        return { decisionId, ...open, ...(secret && { propensity, held, fault }) }
      }
      const byTouchpoint = new Map<string, object>()
      for (const answer of answers) {
        const { touchpoint, rank } = answer.answer
        if (rank === undefined) byTouchpoint.set(touchpoint, view(answer))
        else if (rank === 1) {
          const others = answers.filter(other => other.answer.touchpoint === touchpoint)
          byTouchpoint.set(touchpoint, { ...view(answer), ranked: others.map(view) })
        }
      }
      const expected = {
        requestId: 'r1',
        ...(secret && { profile: 'p1' }),
        answers: Object.fromEntries(byTouchpoint),
        ...(errors.length > 0 && { errors }),
        ...(warnings.length > 0 && { warnings }),
      }
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(expected)))
    }),
    { seed: 7, numRuns: 500 },
  )
})
