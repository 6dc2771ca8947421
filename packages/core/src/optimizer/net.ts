import type { Definition } from '../definition/index.ts'
import { type ArmStatistics, impact } from '../experiment/index.ts'
import { addSums, type Cell, canPrice, pairsOf, type ValueSums } from '../impact/index.ts'
import type { Judged } from './watched.ts'

/** Chances that differ by less are one. */
const SAME_CHANCE = 1e-6

export interface NetFacts {
  /** Of all experiences, over a time that reaches back to the start of each. */
  readonly cells: readonly Cell[]
  readonly currency: string
  /** The event of an order. */
  readonly event: string
}

/**
 * What an experience leaves of its people's orders when goods, discounts and sends are paid, as `core/impact` has it: everything since each
 * person's first exposure. Null where the margin of too many orders is not known. Of variants only where their chances never changed:
 * this has no weights by chance, and all together are held against the control group stratum by stratum.
 */
export function netOf(
  { key }: Pick<Definition<'experience'>, 'key'>,
  { cells, currency, event }: NetFacts,
  /** The first version of this start; those before belong to an earlier one. */
  since = 0,
): Judged | null {
  const own = cells.filter(({ experience, version }) => experience === key && version >= since)
  const pairs = pairsOf(own)
  const all = addSums(own.map(({ sums }) => sums))
  if (all.people === 0 || all.orders === 0 || !canPrice(all)) return null
  const isSteady = pairs.length === 1 && own.every(cell => own.every(other => isSameChance(cell, other)))
  const arms = isSteady
    ? own.map(({ sums, variant, control }) => armOf(sums, variant, control))
    : pairs.flatMap((pair, index) => [
        { ...armOf(pair.control, '', true), stratum: String(index) },
        { ...armOf(pair.personalized, 'all', false), stratum: String(index) },
      ])
  const metric = { type: 'sum', event, currency, name: 'Margin' } as const
  const report = impact(arms, { metric })
  return { key: 'net', metric, arms, missingRates: [], report: isSteady ? report : { ...report, variants: [] } }
}

function isSameChance(a: Cell, b: Cell): boolean {
  const isOne = a.control === b.control && a.variant === b.variant
  return !isOne || Math.abs(a.propensity - b.propensity) < SAME_CHANCE
}

/** Whether the arms have the sizes they should is judged by the goal; here everybody is expected who came. */
function armOf({ people, buyers, net, netSquares }: ValueSums, variant: string, control: boolean): ArmStatistics {
  return {
    variant: control ? '' : variant,
    control,
    people,
    exposures: people,
    conversions: buyers,
    sum: net,
    sumSquares: netSquares,
    expected: people,
  }
}
