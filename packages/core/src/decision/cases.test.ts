import { describe, expect, it } from 'vitest'
import type { Kind } from '../definition/index.ts'
import type { Json, JsonObject } from '../json.ts'
import { validateSet } from '../plan/validateSet.ts'
import { type Bound, UNBOUND } from '../profile/bound.ts'
import { AHEAD } from '../segment/conditions/did.ts'
import { parseInstant } from '../time/instant.ts'
import type { Answer } from './answer.ts'
import cases from './cases.json' with { type: 'json' }
import { compile } from './compile.ts'
import { type DecideInput, decide } from './decide.ts'
import { previewProblems } from './preview.ts'
import { decisionRow } from './row.ts'
import { catalogOf, personOf, setOf } from './testing.ts'

interface DecisionCase {
  name: string
  bucketKey: string | null
  traits?: Record<string, Json>
  events?: [string, string][]
  consent?: Record<string, boolean>
  timezone?: string
  bound?: Partial<Bound>
  context?: JsonObject
  items?: Record<string, JsonObject>
  now?: string
  preview?: Record<string, string>
  previewAt?: string
  touchpoints: string[]
  answers: Answer[]
}

const published = setOf(cases.definitions)
const set = compile(published)

function inputOf(given: DecisionCase): DecideInput {
  const { bucketKey, traits = {}, events = [], consent = {}, timezone, bound, preview, previewAt } = given
  const person = {
    bucketKey: bucketKey ?? '',
    traits,
    events: events.map(([name, at]) => [name, parseInstant(at)!] as const),
    consent,
  }
  const more = { ...(timezone && { timezone }), ...(bound && { bound: { ...UNBOUND, ...bound } }) }
  return {
    set,
    profile: bucketKey === null ? undefined : { ...personOf(person), ...more },
    context: given.context ?? {},
    now: parseInstant(given.now ?? '2026-11-22T12:00:00Z')!,
    touchpoints: given.touchpoints,
    items: catalogOf(given.items ?? {}),
    ...(preview && {
      preview: {
        variants: new Map(Object.entries(preview)),
        ...(previewAt !== undefined && { at: parseInstant(previewAt)! }),
      },
    }),
  }
}

const list = cases.cases as unknown as DecisionCase[]

describe('decisions', () => {
  it('the definitions of the cases are valid', () => {
    const changes = published.definitions.map(({ kind, key, body }) => ({
      kind: kind as Kind,
      key,
      body: body as unknown as JsonObject,
    }))
    expect(validateSet(changes, { version: 0, definitions: [] })).toEqual([])
  })

  it.each(list)('R6 $name', given => {
    const { answers } = decide(inputOf(given))
    expect(answers.map(rounded)).toEqual(given.answers)
  })

  it.each(list)('explaining changes no answer: $name', given => {
    const input = inputOf(given)
    const explained = decide({ ...input, explain: true }).answers.map(({ explanation: _, ...answer }) => answer)
    expect(explained).toEqual(decide(input).answers)
  })

  it.each(list)('R7 R8 the log holds what was decided and nothing else: $name', given => {
    const decision = decide(inputOf(given))
    const row = decisionRow({
      workspace: 'w',
      profile: 'p',
      bucketKey: given.bucketKey ?? '',
      requestId: 'r',
      timestamp: 5,
      definitions: set.version,
      context: given.context ?? {},
      decision,
    })
    const untraced = ['consent', 'bot', 'unknown-touchpoint', 'preview']
    const logged = given.answers.filter(({ reason }) => !given.preview && !untraced.includes(reason))
    expect(row?.['answers.touchpoint'] ?? []).toEqual(logged.map(answer => answer.touchpoint))
    if (row === undefined) return
    expect(row).toMatchObject({ workspace: 'w', profile: 'p', timestamp: 5, request_id: 'r', definitions: 42 })
    expect(row['answers.reason']).toEqual(logged.map(answer => answer.reason))
    expect(row['answers.experience']).toEqual(logged.map(answer => answer.experience ?? ''))
    expect(row['answers.version']).toEqual(logged.map(answer => answer.version ?? 0))
    expect(row['answers.variant']).toEqual(logged.map(answer => answer.variant ?? ''))
    expect(row['answers.control']).toEqual(logged.map(answer => answer.control))
    expect(row['answers.holdout']).toEqual(logged.map(answer => answer.holdout))
    expect(row['answers.propensity'].map(round)).toEqual(logged.map(answer => answer.propensity))
    expect(row['answers.model']).toEqual(logged.map(() => ''))
  })
})

describe('what a decision read', () => {
  const base = list[0]!
  const events: [string, string][] = [
    ['Product Viewed', '2026-11-22T10:00:00Z'],
    ['Product Viewed', '2026-11-22T13:00:00Z'],
    ['Other', '2026-11-22T10:00:00Z'],
  ]

  it('R7 names the traits, signals and context of every audience considered, as it was then', () => {
    const { inputs } = decide(inputOf({ ...base, traits: { plan: 'free', other: 1 }, events }))
    expect(inputs).toEqual({
      traits: { plan: 'free' },
      signals: { 'Product Viewed': [Date.UTC(2026, 10, 22, 10)] },
      context: {},
      facts: {},
    })
  })

  it('R7 leaves out what is missing: an event that is still to come', () => {
    const later: [string, string][] = [['Product Viewed', '2026-11-22T13:00:00Z']]
    const { inputs } = decide(inputOf({ ...base, traits: {}, events: later }))
    expect(inputs).toEqual({ traits: {}, signals: {}, context: {}, facts: {} })
  })

  it('R7 leaves out what the winner made unnecessary to look at', () => {
    const viewed = list.find(given => given.name.startsWith('the control group of the winner'))!
    const { inputs } = decide(inputOf({ ...viewed, traits: { plan: 'free' } }))
    expect(Object.keys(inputs.traits)).toEqual([])
    expect(Object.keys(inputs.signals)).toEqual(['Product Viewed'])
  })

  it('R8 is nothing where consent was refused', () => {
    const { inputs } = decide(
      inputOf({ ...base, traits: { plan: 'free' }, events, consent: { personalization: false } }),
    )
    expect(inputs).toEqual({ traits: {}, signals: {}, context: {}, facts: {} })
  })
})

describe('explain', () => {
  const explain = (given: DecisionCase) => decide({ ...inputOf(given), explain: true }).answers.map(a => a.explanation)

  it('names every experience of the touchpoint with its outcome, and the draws', () => {
    const [explanation] = explain({ ...list[0]!, touchpoints: ['home.hero'] })
    expect(explanation).toEqual({
      candidates: [
        {
          experience: 'sale',
          version: 1,
          priority: 10,
          outcome: 'audience',
          audience: {
            condition: { did: 'Product Viewed', atLeast: 2, within: '7d' },
            value: false,
            until: null,
            actual: 0,
            last: null,
          },
        },
        {
          experience: 'welcome',
          version: 3,
          priority: 0,
          outcome: 'won',
          audience: { condition: { trait: 'plan', isNot: 'pro' }, value: true, until: null, actual: null },
        },
        { experience: 'later', version: 2, priority: 99, outcome: 'draft', audience: null },
        { experience: 'over', version: 1, priority: 98, outcome: 'ended', audience: null },
      ],
      holdout: { quarter: '2026Q4', point: 0.2926, below: 0.05, held: false },
      draw: {
        seed: 'welcome',
        control: { point: 0.5573, below: 0.1, held: false },
        variant: {
          point: 0.0131,
          ranges: [
            { variant: 'a', range: [0, 0.5] },
            { variant: 'b', range: [0.5, 1] },
          ],
          drawn: 'a',
        },
      },
    })
  })

  it('says who won before, what is not yet and what is over', () => {
    const outcomes = (given: DecisionCase) =>
      (explain(given)[0]!.candidates as JsonObject[]).map(({ experience, outcome }) => `${experience} ${outcome}`)
    const named = (start: string) => list.find(given => given.name.startsWith(start))!
    expect(outcomes(named('the control group of the winner'))).toContain('welcome lower-priority')
    expect(outcomes(named('a schedule has not begun'))).toContain('sale not-started')
    expect(outcomes(named('a schedule is over'))).toContain('sale over')
  })

  it('says of what a preview forces what would be answered without', () => {
    const forced = list.filter(given => given.preview && given.answers[0]!.reason === 'preview')
    expect(forced.length).toBeGreaterThan(1)
    for (const given of forced) {
      const { preview: _, ...unforced } = given
      if (given.previewAt === undefined) expect(explain(given)[0]).toEqual(explain(unforced)[0])
      else expect(explain(given)[0]).toBeDefined()
    }
  })

  it('says who refused consent, and nothing about the person', () => {
    const refusing = list.filter(given => given.answers[0]!.reason === 'consent')
    expect(refusing.map(given => explain(given)[0])).toEqual(
      ['person', 'request', 'person', 'person', 'person'].map(refusedBy => ({
        consent: { purpose: 'personalization', refusedBy },
      })),
    )
  })
})

describe('preview', () => {
  it('says what is not there', () => {
    const variants = new Map([
      ['welcom', 'a'],
      ['welcome', 'c'],
      ['sale', 'shoe'],
    ])
    expect(previewProblems(set, { variants })).toEqual([
      { path: 'preview.welcom', message: 'there is no experience "welcom"', mend: 'did you mean "welcome"?' },
      { path: 'preview.welcome', message: 'experience "welcome" has no variant "c"', mend: 'did you mean "a"?' },
    ])
  })
})

it('knows the items and signals the set needs', () => {
  expect([...set.items].sort()).toEqual(['hat', 'shoe'])
  const [need] = (set.plan.byEvent.get('Product Viewed') ?? []).map(({ need }) => need)
  expect(need).toEqual({ kind: 'times', key: 'Product Viewed', event: 'Product Viewed', keep: 2 + AHEAD })
})

function round(n: number): number {
  return Number(n.toFixed(9))
}

function rounded(answer: Answer): Answer {
  return { ...answer, propensity: round(answer.propensity) }
}
