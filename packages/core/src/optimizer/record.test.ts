import { describe, expect, it } from 'vitest'
import { armOfConversions, armOfPeople } from '../experiment/testing.ts'
import { calibration } from './calibration.ts'
import { outcomeOf } from './outcome.ts'
import { close, MOST_PROMISES, type Promised, type Reconciled, reconcile } from './record.ts'
import type { Suggestion } from './suggestion.ts'
import { BOUGHT, DAY, experienceOf, NOON } from './testing.ts'

const winner: Suggestion = {
  kind: 'declare',
  about: { experience: 'hero', variant: 'b', metric: 'bought' },
  reason: 'b works',
  evidence: { days: 12 },
  expected: { metric: 'bought', lift: 0.2, interval: [0.1, 0.3], direction: 'up', monthly: null },
  action: { say: 'Give b to everybody.' },
}
const loser: Suggestion = { ...winner, kind: 'stop', about: { experience: 'hero', metric: 'bought' } }
const waiting: Suggestion = { ...loser, kind: 'extend', evidence: { moreDays: 5, days: 12 } }
const broken: Suggestion = { ...winner, kind: 'tracking-broke', about: { touchpoint: 'home.hero' }, expected: null }

const variants = (a: number, b: number) => [
  { key: 'a', weight: a, content: {} },
  { key: 'b', weight: b, content: {} },
]
const split = experienceOf({ variants: variants(0.5, 0.5) })
const at = (day: number, live = split, more: Partial<Reconciled> = {}): Reconciled => ({
  now: NOON + day * DAY,
  experiences: [live],
  windowOf: () => 7 * DAY,
  ...more,
})

describe('the record', () => {
  it('lists a suggestion once, keeps what was seen last, and lets go what is not so any more', () => {
    const first = reconcile([], [winner, broken], at(0))
    expect(first.map(({ id, state }) => [id, state])).toEqual([
      ['declare~hero~b~bought~2026-03-10', 'open'],
      ['tracking-broke~home.hero~2026-03-10', 'open'],
    ])
    const better = { ...winner, expected: { ...winner.expected!, lift: 0.25 } }
    const second = reconcile(first, [better], at(1))
    expect(second).toMatchObject([
      { state: 'open', first: NOON, last: NOON + DAY, suggestion: { expected: { lift: 0.25 } } },
      { state: 'gone', closed: NOON + DAY },
    ])
    // Broke again: another line, not the old one.
    const third = reconcile(second, [better, broken], at(3))
    expect(third.map(({ state }) => state)).toEqual(['open', 'gone', 'open'])
    expect(reconcile(third, [better, broken], at(3))).toEqual(third)
  })

  it('what the team did is measured over whole weeks afterwards, and stays off the list', () => {
    const [open] = reconcile([], [winner], at(0))
    const done = close(open!, 'done', at(2), 'b for everybody')!
    expect(done).toMatchObject({
      state: 'done',
      by: 'team',
      note: 'b for everybody',
      measure: { from: NOON + 2 * DAY, to: NOON + 16 * DAY, due: NOON + 23 * DAY },
    })
    expect(reconcile([done], [winner], at(3))).toMatchObject([{ state: 'done' }])
    // It works for ever, which is news once; unless others are given a part again.
    const kept = experienceOf({ variants: variants(0, 1) }, { version: 2 })
    expect(reconcile([done], [winner], at(60, kept)).map(({ state }) => state)).toEqual(['done'])
    expect(reconcile([done], [winner], at(60)).map(({ state }) => state)).toEqual(['done', 'open'])
    expect(close(done, 'dismissed', at(3))).toBeUndefined()
  })

  it('sees in the definitions that it was done, at the instant it was published', () => {
    const record = reconcile([], [winner, loser], at(0))
    const published = experienceOf({ variants: variants(0, 1) }, { version: 2, published: NOON + 1.5 * DAY })
    expect(reconcile(record, [], at(2, published))).toMatchObject([
      { state: 'done', by: 'definitions', closed: NOON + 1.5 * DAY, measure: { from: NOON + 1.5 * DAY } },
      { state: 'gone' },
    ])
    const ended = experienceOf({ status: 'ended' }, { version: 2, published: NOON + 1.5 * DAY })
    expect(reconcile(record, [], at(2, ended))).toMatchObject([
      { state: 'gone' },
      // What went on until it was ended is what was promised.
      { state: 'done', measure: { from: NOON, to: NOON + 1.5 * DAY, due: NOON + 8.5 * DAY } },
    ])
  })

  it('waiting is done by itself', () => {
    const record = reconcile([], [waiting], at(0))
    expect(reconcile(record, [waiting], at(4))).toMatchObject([{ state: 'open' }])
    const after = reconcile(record, [waiting], at(5))
    expect(after[0]).toMatchObject({ state: 'done', by: 'time', measure: { from: NOON } })
    // Still too early: another line says how much longer.
    expect(after.map(({ state }) => state)).toEqual(['done', 'open'])
  })

  it('what was dismissed stays away until the experience is another, or it comes back after a while', () => {
    const [open] = reconcile([], [winner], at(0))
    const dismissed = [close(open!, 'dismissed', at(0))!]
    expect(reconcile(dismissed, [winner], at(1)).map(({ state }) => state)).toEqual(['dismissed'])
    const changed = experienceOf({ variants: variants(0.6, 0.4) }, { version: 2 })
    expect(reconcile(dismissed, [winner], at(1, changed)).map(({ state }) => state)).toEqual(['dismissed', 'open'])
    expect(reconcile(dismissed, [winner], at(20)).map(({ state }) => state)).toEqual(['dismissed', 'open'])
    expect(close(dismissed[0]!, 'done', at(2))).toMatchObject({ state: 'done' })
  })

  it('R11 is bounded: the oldest closed lines are forgotten, open ones and those to be measured never', () => {
    const old = Array.from({ length: MOST_PROMISES + 50 }, (_, i): Promised => {
      const state = i < 30 ? 'done' : 'gone'
      // Ten of them have nothing that could be measured.
      const measure = { from: 0, to: 0, due: NOON }
      const line = { id: `x${i}`, base: `x${i}`, state, suggestion: broken, first: i, last: i, version: 0, closed: i }
      return { ...line, ...(i < 20 && { measure }) } as Promised
    })
    const after = reconcile(old, [winner], at(0))
    expect(after).toHaveLength(MOST_PROMISES)
    expect(after.filter(({ state }) => state === 'done')).toHaveLength(20)
    // Nor are those that ought to have been measured months ago.
    expect(reconcile(old, [], at(120)).filter(({ state }) => state === 'done')).toHaveLength(0)
    expect(after.at(-1)).toMatchObject({ state: 'open' })
    expect(after.some(({ id }) => id === 'x20')).toBe(false)
  })
})

describe('what was measured of a promise', () => {
  const span = { at: NOON + 30 * DAY, from: NOON, to: NOON + 14 * DAY, metric: BOUGHT }
  const after = (control: number, b: number) => [armOfConversions('', 1000, control), armOfConversions('b', 9000, b)]

  it('against the control group that remains', () => {
    const outcome = outcomeOf(winner, { ...span, arms: after(100, 1080) })
    expect(outcome).toMatchObject({ by: 'control group', inside: true, agrees: true, people: 9000, control: 1000 })
    expect(outcome.lift).toBeCloseTo(0.2, 12)
    expect(outcome.sentence).toMatch(
      /^\+20\.0 % was promised \(\+10\.0 % to \+30\.0 %\), \+20\.0 % \(.*\) was measured\.$/,
    )
    expect(outcomeOf(winner, { ...span, arms: after(100, 700) })).toMatchObject({ inside: false, agrees: false })
  })

  it('where chances changed meanwhile, within the versions: who came when is no gain', () => {
    // Later more people do it, and more of them get it.
    const byChance = [
      { ...armOfConversions('', 1000, 100), stratum: '0' },
      { ...armOfConversions('b', 1000, 100), stratum: '0' },
      { ...armOfConversions('', 100, 30), stratum: '1' },
      { ...armOfConversions('b', 1900, 570), stratum: '1' },
    ]
    const arms = [armOfConversions('', 1100, 130), armOfConversions('b', 2900, 670)]
    expect(outcomeOf(winner, { ...span, arms, byChance })).toMatchObject({
      by: 'control group',
      people: 2900,
      inside: false,
    })
    expect(outcomeOf(winner, { ...span, arms, byChance }).lift).toBeCloseTo(0, 12)
    const apart = byChance.filter(({ control, stratum }) => control === (stratum === '0'))
    expect(outcomeOf(winner, { ...span, arms, byChance: apart }).sentence).toContain('no version of it had both groups')
  })

  it('of a policy that gives everybody what is best for them, what it made of them: not the mean of its variants', () => {
    // Of two kinds of people each does it half as often again for one variant, which nine of ten of them get, and half as often for the other.
    const people = (n: number, did: number, chance: number) =>
      Array.from({ length: n }, (_, i) => ({ value: i < did ? 1 : 0, chance }))
    const arms = [
      armOfPeople('', people(4000, 400, 0.2)),
      ...['a', 'b'].map(arm => armOfPeople(arm, [...people(7200, 1080, 0.72), ...people(800, 40, 0.08)])),
    ]
    const outcome = outcomeOf({ ...winner, about: loser.about }, { ...span, arms, byChance: arms })
    expect(outcome).toMatchObject({ by: 'control group', people: 16_000 })
    expect(outcome.lift).toBeCloseTo(2240 / 16_000 / 0.1 - 1, 9)
    // One variant by itself is what it would be for everybody.
    expect(outcomeOf(winner, { ...span, arms, byChance: arms }).lift).toBeCloseTo(0, 9)
  })

  it('where nobody is left out any more, against the control group of before: an indication', () => {
    const arms = [armOfConversions('b', 9000, 1080)]
    const before = [armOfConversions('', 3000, 300), armOfConversions('b', 3000, 350)]
    const outcome = outcomeOf(winner, { ...span, arms, before })
    expect(outcome).toMatchObject({ by: 'before and after', inside: true, control: 3000 })
    expect(outcome.sentence).toContain('an indication, not proof')
  })

  it('before that, against the holdout of the programme, where there is one', () => {
    const arms = [armOfConversions('b', 9000, 1080)]
    const heldOut = [armOfConversions('', 500, 50), armOfConversions('b', 9000, 1080)]
    const outcome = outcomeOf(winner, { ...span, arms, heldOut, before: after(300, 300) })
    expect(outcome).toMatchObject({ by: 'holdout', control: 500, inside: true })
    expect(outcome.sentence).toContain('holdout')
  })

  it('says why where it cannot be', () => {
    const sentence = (arms: Parameters<typeof outcomeOf>[1]['arms'], more = {}) => {
      const outcome = outcomeOf(winner, { ...span, arms, ...more })
      expect(outcome).toMatchObject({ by: 'nothing', lift: null, inside: null })
      return outcome.sentence
    }
    expect(sentence([])).toContain('0 people saw it')
    expect(sentence([armOfConversions('b', 900, 90)])).toContain('nobody was left out')
    expect(sentence(after(0, 90))).toContain('never did it')
    expect(sentence(after(100, 90), { missingRates: true })).toContain('rates')
  })

  it('after waiting, a loss is nothing: it would not be taken', () => {
    const outcome = outcomeOf({ ...waiting, about: {} }, { ...span, arms: after(100, 700) })
    expect(outcome.lift).toBe(0)
  })
})

describe('how good the promises are', () => {
  const line = (promised: number, measured: number, by: 'control group' | 'before and after' = 'control group') => {
    const expected = { ...winner.expected!, lift: promised, interval: [promised - 0.1, promised + 0.1] as const }
    const people = { people: 900, control: 900, sentence: '' }
    const inside = Math.abs(measured - promised) <= 0.1
    const outcome = { at: 0, from: 0, to: 0, lift: measured, interval: null, by, inside, agrees: inside, ...people }
    const suggestion = { ...winner, expected }
    return { id: '', base: '', state: 'measured', suggestion, first: 0, last: 0, version: 1, outcome } as Promised
  }

  it('share inside, promised and measured on average; indications apart', () => {
    const record = [line(0.2, 0.15), line(0.3, 0.1), line(0.1, 0.05), line(0.4, 0.0, 'before and after')]
    const found = calibration(record)
    expect(found).toMatchObject({ measured: 3, indications: 1, byKind: [{ kind: 'declare', listed: 4, done: 4 }] })
    expect(found.inside).toBeCloseTo(2 / 3, 12)
    expect(found.meanPromised).toBeCloseTo(0.2, 12)
    expect(found.meanMeasured).toBeCloseTo(0.1, 12)
    expect(found.sentence).toContain('Of 3 promises')
  })

  it('says that nothing was measured yet', () => {
    expect(calibration([])).toMatchObject({ measured: 0, inside: null, sentence: 'No promise has been measured yet.' })
  })
})
