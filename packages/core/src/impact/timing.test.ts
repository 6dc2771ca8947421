import { describe, expect, it } from 'vitest'
import type { Definition } from '../definition/index.ts'
import { unspeakable } from '../experiment/testing.ts'
import { type Random, random } from '../random/random.ts'
import type { Cell } from './cell.ts'
import { cellOf, type Person } from './testing.ts'
import { steadySince, type Timed, type TimingOptions, timingAt } from './timing.ts'

const LAUNCH = Date.UTC(2026, 4, 1)
const evening: Timed = { layer: { key: 'moment', from: 0, to: 0.6 }, control: 0.2, plan: { atOnce: 'now' } }
const now: Timed = { layer: { key: 'moment', from: 0.6, to: 1 }, control: 0.5 }
const options: TimingOptions = {
  confidence: 0.95,
  days: 365.25 / 12,
  from: LAUNCH,
  experiences: new Map([
    ['evening', evening],
    ['now', now],
  ]),
  steady: new Map([
    ['evening', LAUNCH],
    ['now', LAUNCH],
  ]),
  show: value => value.toFixed(1),
}

/**
 * Of so many who may come, half are there in the evening, and those buy more anyway. Shown at once it brings 0.5 each; in the evening, to
 * those who are there, `effect`.
 */
function cells(rng: Random, people: number, effect: number): Cell[] {
  const arms: Record<string, Person[]> = { 'evening control': [], evening: [], 'now control': [], now: [] }
  for (let i = 0; i < people; i++) {
    const isThere = rng.chance(0.5)
    const waits = rng.chance(0.6)
    const isControl = rng.chance(waits ? 0.2 : 0.5)
    const usual = rng.poisson(isThere ? 3 : 1)
    if (waits && !isThere) continue
    const brought = isControl ? 0 : rng.poisson(waits ? effect : 0.5)
    arms[`${waits ? 'evening' : 'now'}${isControl ? ' control' : ''}`]!.push({ kpi: usual + brought })
  }
  return Object.entries(arms).map(([name, own]) => {
    const [experience, control] = name.split(' ')
    const share = (experience === 'evening' ? evening : now).control!
    return cellOf(own, {
      experience: experience!,
      control: control !== undefined,
      propensity: control === undefined ? 1 - share : share,
    })
  })
}

describe('what the moment brought over at once', () => {
  it.each([
    { effect: 1, more: 0 },
    { effect: 2, more: 0.5 },
    { effect: 0.4, more: -0.3 },
  ])('is by all who are waited for, those among them who never come: %o', ({ effect, more }) => {
    const people = 600
    // Of those who are waited for and not in the control group, each.
    const truth = people * 0.6 * 0.8 * more
    let held = 0
    let sum = 0
    for (let i = 0; i < 100; i++) {
      const { experiences } = timingAt(cells(random(`timing ${effect} ${i}`), people, effect), options)
      const { value, interval } = experiences[0]!.total!.kpi
      if (interval![0] <= truth && truth <= interval![1]) held++
      sum += value!
    }
    // 95 ± 6.5 points in 100 experiments.
    expect(held / 100).toBeGreaterThan(0.88)
    expect(held / 100).toBeLessThan(1)
    expect(Math.abs(sum / 100 - truth)).toBeLessThan(20)
  })

  it('says it in words, a month', () => {
    const timing = timingAt(cells(random('words'), 20_000, 3), options)
    expect(timing.known).toBe(true)
    expect(timing.sentence).toMatch(
      /^The moment of "evening" brought \d+\.\d a month \(\d+\.\d to \d+\.\d\) over the same at once\.$/,
    )
    expect(timing.experiences[0]).toMatchObject({ experience: 'evening', atOnce: 'now', known: true })
    expect(timing.experiences[0]!.month!.kpi.value).toBeCloseTo(timing.experiences[0]!.total!.kpi.value!, 9)
  })

  it('where it cannot be told it says why', () => {
    const own = cells(random('not'), 500, 1)
    const ask = (some: readonly Cell[], more: Partial<TimingOptions> = {}) => timingAt(some, { ...options, ...more })
    const cases = [
      ask([]),
      ask(own, { experiences: new Map([['evening', { ...evening, plan: {} }]]) }),
      ask(own, { experiences: new Map([['evening', evening]]) }),
      ask(own, { steady: new Map([['evening', LAUNCH]]) }),
      ask(own, { from: LAUNCH - 1, steady: new Map(Object.entries({ evening: LAUNCH, now: LAUNCH + 7_200_000 })) }),
      ask(own.filter(({ control }) => !control)),
    ]
    expect(cases.map(({ known }) => known)).toEqual(cases.map(() => false))
    const said = cases.map(({ sentence }) => sentence)
    expect(said.slice(0, 2).every(sentence => sentence.includes('name it in plan.atOnce'))).toBe(true)
    expect(said[2]).toContain('"now" is not of its layer')
    expect(said[3]).toContain('both must be running')
    expect(said[4]).toContain('ask from 2026-05-01T02:00:00.000Z on')
    expect(said[5]).toContain('both need a control group')
    expect(unspeakable(cases)).toEqual([])
  })
})

it('an experience is as it is since its layer, control group, seed or status changed last', () => {
  const version = (n: number, body: object, archived = false) =>
    ({ version: n, published: n * 1000, archived, body }) as unknown as Definition<'experience'>
  expect(
    steadySince([version(1, { control: 0.2 }), version(3, { control: 0.2, name: 'b' }), version(2, { control: 0.1 })]),
  ).toBe(3000)
  expect(steadySince([version(1, { control: 0.2 }), version(2, { control: 0.2, name: 'b' })])).toBe(1000)
  expect(steadySince([version(1, {}), version(2, { status: 'paused' })])).toBeUndefined()
  expect(steadySince([version(1, {}), version(2, { status: 'paused' }), version(3, {})])).toBe(3000)
  expect(steadySince([version(1, {}, true)])).toBeUndefined()
  expect(steadySince([])).toBeUndefined()
})
