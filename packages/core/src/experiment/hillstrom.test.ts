import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ArmStatistics } from './arm.ts'
import { drilldown, type SegmentStatistics } from './drilldown.ts'
import { impact } from './impact.ts'
import { qiniCoefficient, qiniEstimate, type RankedGroup } from './qini.ts'
import { judgeTargeting } from './targeting.ts'
import { armOfPeople } from './testing.ts'
import { chooseByUplift, learnUplift, type UpliftModel, upliftOf, type VariantCosts } from './uplift.ts'

/** A real e-mail experiment: 64,000 customers, three arms of a third each; what they did in the two weeks after. */
const FILE = new URL('../../../../../shared/data/experiments/hillstrom.csv.gz', import.meta.url)
const isThere = existsSync(FILE)

type Kpi = 'visit' | 'conversion' | 'spend'
interface Customer extends Readonly<Record<Kpi, number>> {
  readonly arm: '' | 'Mens E-Mail' | 'Womens E-Mail'
  /** Money spent in the year before. */
  readonly history: number
  readonly traits: Readonly<Record<string, string>>
}

function customers(): Customer[] {
  const [header, ...rows] = gunzipSync(readFileSync(FILE)).toString().trim().split(/\r?\n/)
  const columns = header!.split(',')
  return rows.map(row => {
    // Fields may hold a comma in quotes: "$750 - $1,000".
    const fields = row.match(/"[^"]*"|[^,]+/g)!
    const of = (column: string) => fields[columns.indexOf(column)]!
    const recency = Number(of('recency'))
    const bought = of('mens') === '1' ? (of('womens') === '1' ? 'both' : 'mens') : 'womens'
    return {
      arm: of('segment') === 'No E-Mail' ? '' : (of('segment') as Customer['arm']),
      visit: Number(of('visit')),
      conversion: Number(of('conversion')),
      spend: Number(of('spend')),
      history: Number(of('history')),
      traits: {
        recency: recency <= 3 ? '1-3' : recency <= 6 ? '4-6' : recency <= 9 ? '7-9' : '10-12',
        history: of('history_segment').replace(/"/g, '').slice(0, 1),
        bought,
        zip: of('zip_code'),
        newbie: of('newbie'),
        channel: of('channel'),
      },
    }
  })
}

const all = isThere ? customers() : []
const typeOf = (kpi: Kpi) => (kpi === 'spend' ? 'sum' : 'conversion')

/** The arms of some customers; `adjusted` with what they spent before. */
function armsOf(people: readonly Customer[], kpi: Kpi, adjusted = false): ArmStatistics[] {
  return ['', 'Mens E-Mail', 'Womens E-Mail'].map(arm => {
    const own = people.filter(person => person.arm === arm)
    return armOfPeople(
      arm,
      own.map(person => ({ value: person[kpi], ...(adjusted && { before: person.history }) })),
      people.length / 3,
    )
  })
}

function groupBy<K>(people: readonly Customer[], keyOf: (person: Customer) => K): [K, Customer[]][] {
  const groups = new Map<K, Customer[]>()
  for (const person of people) {
    const group = groups.get(keyOf(person))
    if (group) group.push(person)
    else groups.set(keyOf(person), [person])
  }
  return [...groups]
}

function segmentsOf(people: readonly Customer[], kpi: Kpi): SegmentStatistics[] {
  return Object.keys(people[0]?.traits ?? {}).flatMap(dimension =>
    groupBy(people, ({ traits }) => traits[dimension]!).map(([value, own]) => ({
      dimension,
      value,
      arms: armsOf(own, kpi),
    })),
  )
}

describe.skipIf(!isThere)('Hillstrom (skipped where ../shared/data is absent)', () => {
  it.each([
    ['visit', { 'Mens E-Mail': 0.18276, 'Womens E-Mail': 0.1514 }, 0.10617, 5],
    ['conversion', { 'Mens E-Mail': 0.01253, 'Womens E-Mail': 0.00884 }, 0.00573, 5],
    ['spend', { 'Mens E-Mail': 1.4226, 'Womens E-Mail': 1.0772 }, 0.6528, 4],
  ] as const)('%s by arm is as published, and so is its lift', (kpi, means, controlMean, digits) => {
    const report = impact(armsOf(all, kpi), { metric: { type: typeOf(kpi), event: kpi } })
    expect(report.control?.people).toBe(21_306)
    expect(report.control?.mean).toBeCloseTo(controlMean, digits)
    for (const { variant, mean, people, lift } of report.variants) {
      expect(people).toBe(variant === 'Mens E-Mail' ? 21_307 : 21_387)
      expect(mean).toBeCloseTo(means[variant as keyof typeof means], digits)
      expect(lift.value).toBeCloseTo(mean! / report.control!.mean! - 1, 12)
      expect(lift.interval![0]).toBeGreaterThan(0)
    }
    expect(report.sampleRatio.verdict).toBe('ok')
  })

  // Recomputed with NumPy and SciPy from the rows.
  it.each([
    ['visit', 'Mens E-Mail', 0.7214046168, [0.6384137545, 0.8043954791], [0.59161057, 0.8653864], 0.7197485797],
    ['visit', 'Womens E-Mail', 0.4260550703, [0.3543987369, 0.4977114036], [0.31376486, 0.55009398], 0.424652785],
    ['spend', 'Mens E-Mail', 1.1792887704, [0.5442847607, 1.8142927799], [0.37297887, 2.77828597], 1.1754722554],
    ['spend', 'Womens E-Mail', 0.6501518639, [0.1491124609, 1.1511912669], [0.00558648, 1.89398001], 0.6469201471],
  ] as [
    Kpi,
    string,
    number,
    number[],
    number[],
    number,
  ][])('%s by %s: lift, both intervals, and the lift adjusted for what was spent before', (kpi, arm, value, fixed, anytime, adjusted) => {
    const metric = { type: typeOf(kpi), event: kpi } as const
    const reportOf = (withBefore: boolean) =>
      impact(armsOf(all, kpi, withBefore), { metric }).variants.find(({ variant }) => variant === arm)!
    const { lift, evidence } = reportOf(false)
    expect(lift.value).toBeCloseTo(value, 9)
    for (const end of [0, 1]) {
      expect(lift.interval![end]).toBeCloseTo(fixed[end]!, 9)
      expect(evidence.anytime.interval![end]).toBeCloseTo(anytime[end]!, 7)
    }
    const { evidence: better, lift: same } = reportOf(true)
    expect(same).toEqual(lift)
    expect(better.adjusted?.lift.value).toBeCloseTo(adjusted, 9)
    // Spending of a year foretells little of two weeks: a third of a percent of the variance.
    expect(better.adjusted?.varianceReduction).toBeGreaterThan(0.0003)
    expect(better.adjusted?.varianceReduction).toBeLessThan(0.005)
  })

  it('both e-mails work for visits; for spend the women’s is too early to call', () => {
    const verdicts = (kpi: Kpi) =>
      impact(armsOf(all, kpi), { metric: { type: typeOf(kpi), event: kpi } }).variants.map(v => v.verdict.verdict)
    expect(verdicts('visit')).toEqual(['works', 'works'])
    expect(verdicts('spend')).toEqual(['works', 'too-early'])
  })

  it('the women’s e-mail brings those who bought for women before, and hardly those who did not', () => {
    const { dimensions, comparisons, best } = drilldown(segmentsOf(all, 'visit'), {
      type: 'conversion',
      variant: 'Womens E-Mail',
    })
    expect(comparisons).toBe(4 + 7 + 3 + 3 + 2 + 3)
    // Of six covariates one matters, by far more than six looks explain.
    const clear = dimensions.filter(({ adjustedP }) => adjustedP! < 0.05)
    expect(clear.map(({ dimension }) => dimension)).toEqual(['bought'])
    expect(clear[0]?.adjustedP).toBeLessThan(1e-18)
    const effects = clear[0]!.segments.map(({ value, difference, responds }) => [value, difference.value!, responds])
    expect(effects.map(([value, , responds]) => [value, responds])).toEqual([
      ['womens', 'better'],
      ['both', 'alike'],
      ['mens', 'worse'],
    ])
    expect(effects[0]![1]).toBeCloseTo(0.07398533502, 10)
    expect(effects[1]![1]).toBeCloseTo(0.07110340976, 10)
    expect(effects[2]![1]).toBeCloseTo(0.01107846724, 10)
    expect(best.map(({ value }) => value)).toEqual(['womens'])
  })

  it('the men’s e-mail brings all alike, those who bought both more; for spend no segment stands out', () => {
    const of = (kpi: Kpi, variant: string) => drilldown(segmentsOf(all, kpi), { type: typeOf(kpi), variant }).best
    expect(of('visit', 'Mens E-Mail').map(({ value }) => value)).toEqual(['both'])
    expect(of('spend', 'Mens E-Mail')).toEqual([])
    expect(of('spend', 'Womens E-Mail')).toEqual([])
  })

  describe('a rule learned on one half and judged on the other', () => {
    const half = (which: number) => all.filter((_, i) => i % 2 === which)
    const model: UpliftModel = learnUplift(segmentsOf(half(0), 'visit'), 'conversion')
    const other = half(1)

    /** People of one e-mail and the control group, in groups of equal predicted uplift. */
    function ranked(people: readonly Customer[], variant: string, score: (person: Customer) => number): RankedGroup[] {
      const both = people.filter(({ arm }) => arm === '' || arm === variant)
      const arm = (own: readonly Customer[]) => {
        const visits = own.reduce((sum, { visit }) => sum + visit, 0)
        return { people: own.length, sum: visits, sumSquares: visits }
      }
      return groupBy(both, person => Number(score(person).toFixed(12)))
        .sort(([a], [b]) => b - a)
        .map(([, own]) => ({
          treatment: arm(own.filter(person => person.arm !== '')),
          control: arm(own.filter(person => person.arm === '')),
        }))
    }

    const qiniOf = (variant: string) => {
      const learned = model.variants.find(one => one.variant === variant)!
      return ranked(other, variant, ({ traits }) => upliftOf(learned, traits))
    }

    function judge(people: readonly Customer[], which: UpliftModel, costs: VariantCosts = {}) {
      const choices = groupBy(people, person => chooseByUplift(which, person.traits, { costs }))
      const groups = choices.map(([choice, own]) => ({
        choice,
        arms: armsOf(own, 'visit').filter(({ people: n }) => n > 0),
      }))
      return judgeTargeting(groups, 'conversion', { costs })
    }

    it('Qini (pylift’s Q): it ranks whom the women’s e-mail brings, and not whom the men’s does', () => {
      const { value, interval, p } = qiniEstimate(qiniOf('Womens E-Mail'))
      expect(value).toBeCloseTo(0.0079433, 6)
      expect(interval![0]).toBeGreaterThan(0.005)
      expect(p).toBeLessThan(1e-7)
      expect(qiniCoefficient(qiniOf('Womens E-Mail'))).toBeCloseTo(0.068369, 5)
      expect(qiniEstimate(qiniOf('Mens E-Mail')).p).toBeGreaterThan(0.3)
    })

    it('a ranking by what was bought alone, on all people, as recomputed from the rows', () => {
      const order = ['mens', 'both', 'womens']
      const score = ({ traits }: Customer) => order.indexOf(traits.bought!)
      expect(qiniEstimate(ranked(all, 'Womens E-Mail', score)).value).toBeCloseTo(0.008015636, 9)
      expect(qiniEstimate(ranked(all, 'Mens E-Mail', score)).value).toBeCloseTo(0.00040696849, 10)
    })

    it('which customers should get the women’s e-mail, if an e-mail is worth 3 visits in 100: 55 %, for 9 more visits in 1,000', () => {
      const women = { variants: model.variants.filter(({ variant }) => variant === 'Womens E-Mail') }
      const others = other.filter(({ arm }) => arm !== 'Mens E-Mail')
      const report = judge(others, women, { 'Womens E-Mail': 0.03 })
      expect(report.choices.find(({ choice }) => choice !== '')?.share).toBeCloseTo(0.547, 3)
      expect(report.bestSingle).toBe('Womens E-Mail')
      // Net of sending, over nobody and over everybody.
      expect(report.overControl.value).toBeCloseTo(0.0247, 4)
      expect(report.overBestSingle.value).toBeCloseTo(0.009, 4)
      expect(report.overBestSingle.interval![0]).toBeGreaterThan(0.003)
      for (const { traits } of others.slice(0, 1000)) {
        const isChosen = chooseByUplift(women, traits, { costs: { 'Womens E-Mail': 0.03 } }) !== ''
        expect(isChosen).toBe(traits.bought !== 'mens')
      }
    })

    it('which of the two e-mails: each to the right customers brings no more than the men’s to all, and that is said', () => {
      const report = judge(other, model)
      expect(report.choices.map(({ choice }) => choice).sort()).toEqual(['Mens E-Mail', 'Womens E-Mail'])
      expect(report.bestSingle).toBe('Mens E-Mail')
      // 75 more visits of 1,000 than without e-mails; 3 fewer than the men's to all would bring, which may be chance.
      expect(report.overControl.value).toBeCloseTo(0.0752, 4)
      expect(report.overControl.interval![0]).toBeGreaterThan(0.065)
      expect(report.overBestSingle.value).toBeCloseTo(-0.0029, 4)
      expect(report.overBestSingle.p).toBeGreaterThan(0.3)
    })
  })
})
