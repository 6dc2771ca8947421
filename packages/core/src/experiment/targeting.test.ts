import { describe, expect, it } from 'vitest'
import { random } from '../random/random.ts'
import type { SegmentStatistics } from './drilldown.ts'
import { type ChoiceStatistics, judgeTargeting } from './targeting.ts'
import { armOfPeople, type Person, unspeakable } from './testing.ts'
import { chooseByUplift, learnUplift, upliftOf } from './uplift.ts'

interface Customer extends Person {
  readonly arm: string
  readonly traits: Readonly<Record<string, string>>
}

/**
 * Two e-mails. The one about shoes brings 2 to those who like shoes and costs 1 with the others; the one about hats brings
 * 0.5 to everybody. Colour says nothing.
 */
function customers(seed: string, n: number): Customer[] {
  const rng = random(seed)
  return Array.from({ length: n }, () => {
    const traits = { likes: rng.pick(['shoes', 'bags', 'coats']), colour: rng.pick(['red', 'blue']) }
    const arm = rng.pick(['', 'shoes', 'hats'])
    const effect = arm === 'hats' ? 0.5 : arm === 'shoes' ? (traits.likes === 'shoes' ? 2 : -1) : 0
    return { arm, traits, value: 3 + effect + 2 * rng.normal() }
  })
}

const armsOf = (people: readonly Customer[]) =>
  ['', 'shoes', 'hats'].map(arm =>
    armOfPeople(
      arm,
      people.filter(person => person.arm === arm),
    ),
  )

function segmentsOf(people: readonly Customer[]): SegmentStatistics[] {
  return ['likes', 'colour'].flatMap(dimension =>
    [...new Set(people.map(({ traits }) => traits[dimension]!))].map(value => ({
      dimension,
      value,
      arms: armsOf(people.filter(({ traits }) => traits[dimension] === value)),
    })),
  )
}

function groupsOf(people: readonly Customer[], choose: (person: Customer) => string): ChoiceStatistics[] {
  return ['', 'shoes', 'hats'].map(choice => ({
    choice,
    arms: armsOf(people.filter(person => choose(person) === choice)),
  }))
}

const model = learnUplift(segmentsOf(customers('learn', 6000)), 'sum')

describe('a rule learned from segments', () => {
  const predicted = (variant: string, likes: string) =>
    upliftOf(model.variants.find(one => one.variant === variant)!, { likes, colour: 'red' })

  it('knows what each variant does to whom, and that colour says nothing', () => {
    expect(predicted('shoes', 'shoes')).toBeCloseTo(2, 0)
    expect(predicted('shoes', 'bags')).toBeCloseTo(-1, 0)
    expect(predicted('hats', 'coats')).toBeCloseTo(0.5, 0)
    for (const { effects } of model.variants) {
      for (const effect of Object.values(effects.colour!)) expect(Math.abs(effect)).toBeLessThan(0.1)
    }
  })

  it('chooses for each the best after its cost, or nothing', () => {
    expect(chooseByUplift(model, { likes: 'shoes' })).toBe('shoes')
    expect(chooseByUplift(model, { likes: 'bags' })).toBe('hats')
    expect(chooseByUplift(model, { likes: 'bags' }, { costs: { hats: 1 } })).toBe('')
    expect(chooseByUplift(model, { likes: 'bags' }, { direction: 'down' })).toBe('shoes')
    // Of somebody nothing is known of, what is best for all.
    expect(chooseByUplift(model, {})).toBe('hats')
  })

  it('without a control group nothing is known', () => {
    const arms = armsOf(customers('few', 20)).filter(arm => !arm.control)
    expect(learnUplift([{ dimension: 'x', value: 'y', arms }], 'sum')).toEqual({ variants: [] })
    expect(learnUplift([], 'sum')).toEqual({ variants: [] })
    expect(chooseByUplift({ variants: [] }, { likes: 'shoes' })).toBe('')
  })
})

describe('judged on other people', () => {
  const choose = ({ traits }: Customer) => chooseByUplift(model, traits)

  it('what it would have brought, over nothing and over the best single variant', () => {
    const others = customers('judge', 6000)
    const report = judgeTargeting(groupsOf(others, choose), 'sum')
    expect(report.people).toBe(6000)
    expect(report.choices.map(({ choice }) => choice)).toEqual(['shoes', 'hats'])
    expect(report.bestSingle).toBe('hats')
    // A third at 2, two thirds at .5.
    expect(report.overControl.value).toBeCloseTo(1, 0)
    expect(report.overControl.interval![0]).toBeGreaterThan(0.7)
    expect(report.overBestSingle.value).toBeCloseTo(0.5, 0)
    expect(report.overBestSingle.interval![0]).toBeGreaterThan(0.2)
    expect(report.value! - report.single.find(({ variant }) => variant === '')!.value!).toBeCloseTo(
      report.overControl.value!,
      9,
    )
  })

  it('net of costs', () => {
    const others = customers('judge', 6000)
    const costs = { shoes: 0.25, hats: 1 }
    const gross = judgeTargeting(groupsOf(others, choose), 'sum')
    const net = judgeTargeting(groupsOf(others, choose), 'sum', { costs })
    const [shoes, hats] = gross.choices
    expect(net.value).toBeCloseTo(gross.value! - shoes!.share * 0.25 - hats!.share, 9)
    expect(net.bestSingle).toBe('')
    expect(net.overControl.standardError).toBeCloseTo(gross.overControl.standardError!, 2)
  })

  it('95 of 100 intervals hold what the rule is worth', () => {
    const experiments = 400
    let [held, heldOverBest] = [0, 0]
    for (let i = 0; i < experiments; i++) {
      const groups = groupsOf(customers(`other ${i}`, 600), ({ traits }) =>
        traits.likes === 'shoes' ? 'shoes' : 'hats',
      )
      const { overControl, overBestSingle, bestSingle } = judgeTargeting(groups, 'sum')
      if (overControl.interval![0] <= 1 && 1 <= overControl.interval![1]) held++
      const truth = bestSingle === 'hats' ? 0.5 : 1
      if (overBestSingle.interval![0] <= truth && truth <= overBestSingle.interval![1]) heldOverBest++
    }
    expect(held / experiments).toBeGreaterThan(0.92)
    expect(held / experiments).toBeLessThan(0.98)
    // The best single is chosen on the same people, so that its mean is a little too good.
    expect(heldOverBest / experiments).toBeGreaterThan(0.9)
  })

  it('brings nothing for certain where a small control group happened to have nobody who did it', () => {
    const rng = random('small control group')
    const experiments = 200
    const arm = (variant: string, people: number) =>
      armOfPeople(
        variant,
        Array.from({ length: people }, () => ({ value: rng.chance(0.05) ? 1 : 0 })),
      )
    let alarms = 0
    for (let i = 0; i < experiments; i++) {
      const arms = [arm('', 20), arm('shoes', 180)]
      const { interval } = judgeTargeting([{ choice: 'shoes', arms }], 'conversion').overControl
      if (interval !== null && (interval[0] > 0 || interval[1] < 0)) alarms++
    }
    // 5 ± 5 points in 200 experiments; without steadied variances 38.
    expect(alarms / experiments).toBeLessThanOrEqual(0.1)
  })

  it('a rule that gives everybody the same differs from it by nothing, which cannot vary', () => {
    const report = judgeTargeting(
      groupsOf(customers('same', 900), () => 'hats'),
      'sum',
    )
    expect(report.overBestSingle).toMatchObject({ value: 0, interval: null, reason: 'no-variance' })
  })

  it('nobody, no control group, an arm of one person', () => {
    expect(judgeTargeting([], 'sum')).toMatchObject({
      people: 0,
      value: null,
      bestSingle: null,
      overControl: { reason: 'no-people' },
    })
    const arms = armsOf(customers('few', 30))
    const uncontrolled = judgeTargeting([{ choice: 'hats', arms: arms.filter(arm => !arm.control) }], 'sum')
    expect(uncontrolled.overControl.reason).toBe('no-control')
    const one = judgeTargeting(
      [{ choice: 'hats', arms: [armOfPeople('', [{ value: 1 }, { value: 2 }]), armOfPeople('hats', [{ value: 4 }])] }],
      'sum',
    )
    expect(one.overControl.reason).toBe('one-person')
    expect(one.value).toBe(4)
    expect(unspeakable([uncontrolled, one])).toEqual([])
  })
})
