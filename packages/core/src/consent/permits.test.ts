import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedBy } from '../event/asked.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import cases from './cases.json' with { type: 'json' }
import { permits } from './permits.ts'
import { placeOf, placeOfTraits } from './place.ts'
import { consentRules, PURPOSES } from './rules.ts'
import type { ConsentSettings } from './settings.ts'
import { withSignals } from './signals.ts'

interface Case {
  name: string
  purpose?: string
  settings?: ConsentSettings
  /** The workspace has no consent settings. */
  unset?: boolean
  context?: JsonObject
  traits?: Record<string, Json>
  said?: [purpose: string, granted: boolean, at: number][]
  permitted: boolean
  by: string
}

const stamp = (at: number) => ({ at, lag: 0, index: 0, hash: 0 })
const saying = (said: Case['said'] = []): Profile['consent'] =>
  Object.fromEntries(said.map(([purpose, granted, at]) => [purpose, { granted, ...stamp(at) }]))

describe('permits', () => {
  it.each(cases as Case[])('R8 $name', ({
    purpose = 'analytics',
    settings = {},
    unset = false,
    context = {},
    traits = {},
    said,
    permitted,
    by,
  }) => {
    const facts = Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, { value, ...stamp(1) }]))
    const place = placeOf(context) ?? placeOfTraits(facts)
    const rules = consentRules(unset ? undefined : settings)
    expect(permits(purpose, saying(said), askedBy(context), place, rules)).toEqual({ permitted, by })
  })

  it('R8 whoever refused is never permitted: not by place, settings, signals or what a request grants', () => {
    const rule = fc.constantFrom('opt-in' as const, 'opt-out' as const)
    const purpose = fc.constantFrom(...PURPOSES)
    fc.assert(
      fc.property(
        purpose,
        fc.record({ elsewhere: rule, unknown: rule, regions: fc.dictionary(fc.constantFrom('DE', 'US', 'EEA'), rule) }),
        fc.dictionary(purpose, fc.boolean()),
        fc.subarray(['gpc', 'dnt'] as const),
        fc.constantFrom(undefined, { country: 'DE' }, { country: 'US', region: 'CA' }),
        (refused, settings, stated, signals, place) => {
          const person = saying([[refused, false, 10]])
          expect(permits(refused, person, { stated, signals }, place, consentRules(settings)).permitted).toBe(false)
        },
      ),
      { numRuns: 200, seed: 4 },
    )
  })

  it('R8 silence passes just where there is no place, named or not, in which it would be taken for a refusal', () => {
    const rule = fc.constantFrom('opt-in' as const, 'opt-out' as const)
    const regions = fc.dictionary(fc.constantFrom('DE', 'US', 'US-CA', 'EEA'), rule)
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
    const places = [
      undefined,
      { country: 'DE' },
      { country: 'FR' },
      { country: 'GB' },
      { country: 'CH' },
      { country: 'BR' },
    ]
    places.push({ country: 'US' }, { country: 'US', region: 'CA' } as { country: string }, { country: 'JP' })
    const own = fc.record({ key: fc.constantFrom(...PURPOSES), default: optional(rule), regions: optional(regions) })
    const settings = fc.record({
      elsewhere: optional(rule),
      unknown: optional(rule),
      regions: optional(regions),
      purposes: fc.uniqueArray(own, { selector: ({ key }) => key, maxLength: 2 }),
    })
    fc.assert(
      fc.property(optional(settings), fc.constantFrom(...PURPOSES), (stated, purpose) => {
        const rules = consentRules(stated as ConsentSettings | undefined)
        const everywhere = places.every(place => permits(purpose, {}, askedBy({}), place, rules).permitted)
        // Of regions that a wider one overrules everywhere it may be too careful, which only costs time.
        if (rules.letsSilencePass(purpose)) expect(everywhere).toBe(true)
        else if (stated === undefined) expect(everywhere).toBe(false)
      }),
      { numRuns: 500, seed: 8 },
    )
    expect(consentRules().letsSilencePass('analytics')).toBe(true)
    expect(consentRules().letsSilencePass('email')).toBe(false)
    expect(consentRules({}).letsSilencePass('analytics')).toBe(false)
    expect(consentRules({ regions: {} }).letsSilencePass('analytics')).toBe(true)
  })
})

describe('withSignals', () => {
  const rules = consentRules()

  it('R8 makes a signal a statement of the person, over what the same context grants', () => {
    const context = { page: {}, consent: { categoryPreferences: { ads: true, email: true } } }
    expect(withSignals(context, ['gpc'], rules)).toEqual({
      page: {},
      consent: { signals: ['gpc'], categoryPreferences: { ads: false, sale: false, email: true } },
    })
    expect(context.consent.categoryPreferences.ads).toBe(true)
  })

  it('leaves a context alone that needs nothing, or has it already', () => {
    const plain = { page: {} }
    expect(withSignals(plain, [], rules)).toBe(plain)
    const noted = withSignals(plain, ['gpc', 'dnt'], rules)
    expect(withSignals(noted, ['dnt'], rules)).toBe(noted)
  })

  it('a server that stands between may note the signal itself; consent of another shape is put right', () => {
    expect(withSignals({ consent: { signals: ['gpc'] } }, [], rules)).toEqual({
      consent: { signals: ['gpc'], categoryPreferences: { ads: false, sale: false } },
    })
    expect(withSignals({ consent: 'none' }, ['dnt'], consentRules({ doNotTrack: ['analytics'] }))).toEqual({
      consent: { signals: ['dnt'], categoryPreferences: { analytics: false } },
    })
  })
})
