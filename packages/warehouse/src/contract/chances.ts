import type { Metric } from '@espalier/core/definition'
import { impact } from '@espalier/core/experiment'
import { normalQuantile } from '@espalier/core/numeric'
import { random } from '@espalier/core/random'
import type { EventRow, ExposureRow } from '@espalier/core/stream'
import { describe, expect, it } from 'vitest'
import type { Warehouse } from '../warehouse.ts'
import { DAY, event, exposure, fresh, HOUR, NOON, ship } from './harness.ts'

/** Arms whose chances changed while people came. */
export function chancesContract(warehouse: () => Warehouse): void {
  const bought: Metric = { type: 'conversion', event: 'Order Completed' }

  async function measure(workspace: string, exposures: readonly ExposureRow[], events: readonly EventRow[] = []) {
    await ship(warehouse(), 'exposures', exposures)
    await ship(warehouse(), 'events', events)
    return warehouse().impact({ workspace, experience: 'spring', metric: bought, now: NOON + 300 * DAY })
  }

  it('weights each person by the chance of their first exposure, where chances differ within a version', async () => {
    const workspace = fresh('chances')
    const seen = (profile: string, propensity: number, variant = 'bold') =>
      exposure({ workspace, profile, propensity, variant, control: variant === '' })
    const { arms, byChance } = await measure(
      workspace,
      [
        seen('a', 0.8),
        // Only the first exposure's chance counts.
        exposure({ workspace, profile: 'a', propensity: 0.1, timestamp: NOON + HOUR }),
        seen('b', 0.25),
        seen('c', 0.1, ''),
      ],
      ['b', 'c'].map(profile => event({ workspace, profile, timestamp: NOON + 1 })),
    )
    expect(arms).toMatchObject([
      { control: true, people: 1, sum: 1 },
      { variant: 'bold', people: 2, sum: 1 },
    ])
    expect(arms.every(({ weights }) => weights === undefined)).toBe(true)
    const [control, bold] = byChance!
    expect(control?.weights?.sum).toBeCloseTo(10, 9)
    expect(bold?.people).toBe(2)
    expect(bold?.weights?.sum).toBeCloseTo(1.25 + 4, 9)
    expect(bold?.weights?.sumSquares).toBeCloseTo(1.25 ** 2 + 16, 9)
    expect(bold?.weights?.valueSum).toBeCloseTo(4, 9)
    expect(bold?.weights?.valueSumSquares).toBeCloseTo(16, 9)
  })

  it('weights what people did before, and their values, by the same chances', async () => {
    const workspace = fresh('chances')
    // Versions with other chances of control: 4 of 8 people, then 2 of 8. Whoever comes later orders more.
    const people = [1, 2].flatMap(version =>
      Array.from({ length: 8 }, (_, i) => {
        const isControl = i < (version === 1 ? 4 : 2)
        return {
          profile: `${version}-${i}`,
          version,
          isControl,
          totals: [10 * version + i, 20 * version + 3 * i].slice(0, 1 + (i % 2)),
        }
      }),
    )
    await ship(
      warehouse(),
      'exposures',
      people.map(({ profile, version, isControl }) =>
        exposure({
          workspace,
          profile,
          version,
          control: isControl,
          variant: isControl ? '' : 'bold',
          propensity: (version === 1 ? 0.5 : 0.25) + (isControl ? 0 : version === 1 ? 0 : 0.5),
        }),
      ),
    )
    await ship(
      warehouse(),
      'events',
      people.flatMap(({ profile, totals }) => [
        ...totals.map(total => event({ workspace, profile, timestamp: NOON + HOUR, properties: { total } })),
        event({ workspace, profile, timestamp: NOON - HOUR, properties: { total: totals[0]! + 1 } }),
      ]),
    )
    const question = { workspace, experience: 'spring', now: NOON + 300 * DAY }
    const order = { event: 'Order Completed', property: 'total' } as const
    const [spent, median] = await warehouse().impacts({
      ...question,
      metrics: [
        { type: 'sum', ...order, covariate: '7d' },
        { type: 'quantile', level: 0.5, ...order },
      ],
    })
    const { adjusted, strata } = impact(spent!.byChance!, { metric: { type: 'sum', event: 'Order Completed' } })
      .personalized!.evidence
    expect(strata).toEqual({ counted: 2, coverage: 1 })
    expect(adjusted!.theta).toBeGreaterThan(0)

    // Each arm comes to 8 people in either version.
    const weight = (version: number, isControl: boolean) => 8 / (isControl ? [4, 2] : [4, 6])[version - 1]!
    for (const isControl of [true, false]) {
      const own = people.filter(one => one.isControl === isControl)
      const pairs = own
        .flatMap(one => one.totals.map(total => ({ total, weight: weight(one.version, isControl) })))
        .sort((a, b) => a.total - b.total)
      const all = pairs.reduce((sum, one) => sum + one.weight, 0)
      const at = (share: number) => {
        let sum = 0
        return pairs.find(one => {
          sum += one.weight
          return sum > share * all
        })!.total
      }
      const value = at(0.5)
      const each = own.map(one => {
        const w = weight(one.version, isControl)
        return { below: w * one.totals.filter(total => total <= value).length, count: w * one.totals.length }
      })
      const found = median!.quantiles!.arms.find(arm => arm.control === isControl)!
      const thinned = each.reduce((sum, one) => sum + one.count ** 2, 0) / all ** 2
      const half = normalQuantile(0.975) * Math.sqrt(0.25 * thinned)
      const [lower, upper] = [at(0.5 - half), at(0.5 + half)]
      expect(found).toMatchObject({ count: pairs.length, value, lower, upper, clusters: { people: own.length } })
      expect(found.clusters!.total).toBeCloseTo(all, 9)
      expect(found.clusters!.below).toBeCloseTo(
        each.reduce((t, one) => t + one.below, 0),
        9,
      )
      expect(found.clusters!.belowSquares).toBeCloseTo(
        each.reduce((t, one) => t + one.below ** 2, 0),
        9,
      )
      expect(found.clusters!.countSquares).toBeCloseTo(
        each.reduce((t, one) => t + one.count ** 2, 0),
        9,
      )
      expect(found.clusters!.belowTimesCount).toBeCloseTo(
        each.reduce((t, one) => t + one.below * one.count, 0),
        9,
      )
      if (!isControl) expect(median!.quantiles!.together).toEqual({ ...found, variant: '' })
    }
    expect(median!.quantiles!.byChance).toEqual({ strata: 2, coverage: 1 })
  })

  it('weights what people did before by the chance of their first exposure', async () => {
    const workspace = fresh('chances')
    await ship(warehouse(), 'exposures', [
      exposure({ workspace, profile: 'a', propensity: 0.8 }),
      exposure({ workspace, profile: 'b', propensity: 0.25 }),
    ])
    await ship(warehouse(), 'events', [
      event({ workspace, profile: 'a', timestamp: NOON - 1, properties: { total: 3 } }),
      event({ workspace, profile: 'b', timestamp: NOON - 1, properties: { total: 5 } }),
      event({ workspace, profile: 'b', timestamp: NOON + 1, properties: { total: 7 } }),
    ])
    const metric = { type: 'sum', event: 'Order Completed', property: 'total', covariate: '7d' } as const
    const { byChance } = await warehouse().impact({ workspace, experience: 'spring', metric, now: NOON + DAY })
    const { weights } = byChance![0]!
    expect(weights!.beforeSum).toBeCloseTo(1.25 * 3 + 4 * 5, 9)
    expect(weights!.beforeSumSquares).toBeCloseTo((1.25 * 3) ** 2 + (4 * 5) ** 2, 9)
    expect(weights!.beforeCrossSum).toBeCloseTo(1.25 ** 2 * 3 + 16 * 5, 9)
    expect(weights!.productSum).toBeCloseTo(16 * 5 * 7, 9)
  })

  it('keeps versions apart whose arms had other chances, and takes those together that had the same', async () => {
    const workspace = fresh('chances')
    const shares: Record<number, [control: number, bold: number]> = { 1: [0.5, 0.5], 2: [0.5, 0.5], 3: [0.1, 0.9] }
    const exposures = Object.entries(shares).flatMap(([version, [control, bold]]) =>
      Array.from({ length: 40 }, (_, i) => {
        const isControl = i < 40 * control
        return exposure({
          workspace,
          profile: `${version}-${i}`,
          version: Number(version),
          control: isControl,
          variant: isControl ? '' : 'bold',
          propensity: isControl ? control : bold,
        })
      }),
    )
    const { arms, byChance } = await measure(workspace, exposures)
    expect(arms.map(arm => [arm.variant, arm.people, arm.expected])).toEqual([
      ['', 44, 44],
      ['bold', 76, 76],
    ])
    expect(byChance!.map(({ stratum, variant, people }) => [stratum, variant, people])).toEqual([
      ['0', '', 40],
      ['1', '', 4],
      ['0', 'bold', 40],
      ['1', 'bold', 36],
    ])
    const same = fresh('chances')
    const twoVersions = exposures
      .filter(({ version }) => version < 3)
      .map(row => ({ ...row, workspace: same, message_id: fresh('m') }))
    expect((await measure(same, twoVersions)).byChance).toBeUndefined()
  })

  describe('where who got which variant was certain', () => {
    const seen = (workspace: string, i: number, variant: string, propensity: number, more: Partial<ExposureRow> = {}) =>
      exposure({
        workspace,
        profile: `p${i}`,
        control: variant === '' && propensity < 0.5,
        variant,
        propensity,
        ...more,
      })

    it('expects what chance said, which is who is left out, and tells that of each variant', async () => {
      const workspace = fresh('certain')
      // Rules: a third of the people are for a and the others for b, but for a fifth of either.
      const all = Array.from({ length: 300 }, (_, i) =>
        seen(workspace, i, i % 5 === 0 ? '' : i % 3 === 0 ? 'a' : 'b', i % 5 === 0 ? 0.2 : 0.8),
      )
      const { arms, byChance } = await measure(workspace, all)
      expect(byChance).toBeUndefined()
      expect(arms).toMatchObject([
        { control: true, people: 60, expected: expect.closeTo(60, 9) },
        { variant: 'a', people: 80, expected: expect.closeTo(80, 9), certain: true },
        { variant: 'b', people: 160, expected: expect.closeTo(160, 9), certain: true },
      ])
      const whole = impact(arms, { metric: bought })
      expect(whole.sampleRatio).toMatchObject({ verdict: 'ok', chiSquare: expect.closeTo(0, 9), dof: 1 })
      const lost = arms.map(arm => (arm.control ? { ...arm, people: 20 } : arm))
      expect(impact(lost, { metric: bought }).sampleRatio.verdict).toBe('mismatch')
      // Of two arms nothing can be certain but that somebody got one.
      const alone = fresh('certain')
      const split = all.filter(({ variant }) => variant !== 'b')
      expect(
        (
          await measure(
            alone,
            split.map(row => ({ ...row, workspace: alone })),
          )
        ).arms[1],
      ).not.toHaveProperty('certain')
    })

    it('of rules with a floor that do not hold for everybody, and of a rollout that has reached everybody', async () => {
      const workspace = fresh('certain')
      const rules = Array.from({ length: 400 }, (_, i) => {
        if (i % 4 === 0) return seen(workspace, i, '', 0.25)
        if (i % 3 === 0) return seen(workspace, i, '', 0.75)
        const [mine, other] = i % 3 === 1 ? ['a', 'b'] : ['b', 'a']
        return i % 10 < 2 ? seen(workspace, i, other!, 0.075) : seen(workspace, i, mine!, 0.675)
      })
      const { byChance } = await measure(workspace, rules)
      expect(byChance!.map(({ control, variant, certain }) => [control, variant, certain])).toEqual([
        [true, '', undefined],
        [false, '', true],
        [false, 'a', undefined],
        [false, 'b', undefined],
      ])
      expect(impact(byChance!, { metric: bought }).sampleRatio).toMatchObject({
        verdict: 'ok',
        chiSquare: expect.closeTo(0, 9),
        dof: 1,
      })

      const other = fresh('certain')
      const rollout = Array.from({ length: 400 }, (_, i) => {
        if (i % 4 === 0) return seen(other, i, '', 0.25)
        if (i >= 200) return seen(other, i, 'a', 0.75)
        return i % 3 === 0 ? seen(other, i, 'a', 0.25) : seen(other, i, '', 0.5)
      })
      const reached = await measure(other, rollout)
      const report = impact(reached.byChance!, { metric: bought, isRollout: true })
      expect(report.sampleRatio).toMatchObject({ verdict: 'ok', dof: 1 })
      expect(report.personalized!.people).toBe(rollout.filter(({ variant }) => variant === 'a').length)
    })
  })

  it('finds no effect where there is none but the time at which people came, which plain means take for one', async () => {
    const workspace = fresh('chances')
    const rng = random('drift')
    const exposures: ExposureRow[] = []
    const events: EventRow[] = []
    for (let i = 0; i < 6000; i++) {
      const late = i >= 3000
      const chance = late ? 0.8 : 0.1
      const control = rng.chance(0.1)
      const bold = rng.chance(chance / 0.9)
      const propensity = control ? 0.1 : bold ? chance : 0.9 - chance
      const variant = control ? '' : bold ? 'bold' : 'calm'
      const timestamp = NOON + (late ? DAY : 0)
      exposures.push(exposure({ workspace, profile: `p${i}`, timestamp, control, variant, propensity }))
      // Whoever comes later buys more often, whatever they see.
      if (rng.chance(late ? 0.5 : 0.1)) events.push(event({ workspace, profile: `p${i}`, timestamp: timestamp + HOUR }))
    }
    const { arms, byChance } = await measure(workspace, exposures, events)
    const plain = impact(arms, { metric: bought })
    const fair = impact(byChance!, { metric: bought })
    const bold = (report: typeof fair) => report.variants.find(({ variant }) => variant === 'bold')!
    expect(bold(plain).evidence.anytime.interval![0]).toBeGreaterThan(0.1)
    expect(bold(fair).verdict.verdict).toBe('too-early')
    expect(bold(fair).mean).toBeCloseTo(0.3, 1)
    for (const { lift } of fair.variants) expect(Math.abs(lift.value!)).toBeLessThan(3 * lift.standardError!)
    expect(fair.sampleRatio.verdict).toBe('ok')
    // Of the people who got bold a third is lost: their weights do not come to everybody.
    const lost = byChance!.map(arm => (arm.variant === 'bold' ? scaled(arm, 2 / 3) : arm))
    expect(impact(lost, { metric: bought }).sampleRatio.verdict).toBe('mismatch')
  })
}

/** As if so many of its people were lost, whoever they are. */
function scaled<T>(arm: T, factor: number): T {
  return JSON.parse(JSON.stringify(arm), (_, value) => (typeof value === 'number' ? value * factor : value))
}
