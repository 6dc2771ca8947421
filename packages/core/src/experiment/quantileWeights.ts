/** People of one arm who had the same chance, under versions in which the chances were the same. */
export interface ArmPart {
  readonly control: boolean
  readonly variant: string
  readonly stratum: string
  readonly people: number
  /** What each of them stands for among the arm's: 1 / chance where chances differ within the stratum, otherwise anything. */
  readonly weight: number
}

/** What each person of a part counts, in the order of the parts; 0 for those who are left out. */
export interface QuantileWeights {
  /** Among those of their own arm, and among those of all variants. */
  readonly own: readonly number[]
  readonly together: readonly number[]
  /** Strata that count, and the share of the people in them. */
  readonly strata: number
  readonly coverage: number | null
}

/** An arm of fewer people in a stratum says nothing of it. */
const FEWEST = 2

/**
 * Quantiles do not add over strata, so people are weighted instead: within a stratum those of each arm come to as many as all of its people,
 * as they do in the stratified mean. Only strata count that have the control group and every variant there is, so that all arms are
 * quantiles of the same people. Null where there is none.
 */
export function quantileWeights(parts: readonly ArmPart[]): QuantileWeights | null {
  const armOf = ({ control, variant }: ArmPart) => (control ? 'control' : `variant ${variant}`)
  const arms = new Set(parts.filter(({ people }) => people > 0).map(armOf))
  if (!arms.has('control') || arms.size < 2) return null
  const peopleOf = (some: readonly ArmPart[]) => some.reduce((sum, { people }) => sum + people, 0)
  const massOf = (some: readonly ArmPart[]) => some.reduce((sum, { people, weight }) => sum + weight * people, 0)
  const counted = [...new Set(parts.map(({ stratum }) => stratum))].filter(stratum => {
    const own = parts.filter(part => part.stratum === stratum)
    return [...arms].every(arm => peopleOf(own.filter(part => armOf(part) === arm)) >= FEWEST)
  })
  if (counted.length === 0) return null
  const weightOf = (part: ArmPart, all: readonly ArmPart[], among: (other: ArmPart) => boolean) => {
    if (!counted.includes(part.stratum) || !(part.people > 0)) return 0
    const own = all.filter(other => other.stratum === part.stratum)
    return (part.weight * peopleOf(own)) / massOf(own.filter(among))
  }
  const inside = parts.filter(({ stratum }) => counted.includes(stratum))
  return {
    own: parts.map(part => weightOf(part, parts, other => armOf(other) === armOf(part))),
    together: asChosen(parts).map((part, _, all) => (part.control ? 0 : weightOf(part, all, other => !other.control))),
    strata: counted.length,
    coverage: peopleOf(parts) > 0 ? peopleOf(inside) / peopleOf(parts) : null,
  }
}

/** All variants together count as they came where everybody of the stratum had one chance of being left out (`asChosen.ts`). */
function asChosen(parts: readonly ArmPart[]): ArmPart[] {
  return parts.map(part => {
    const controls = parts.filter(other => other.control && other.stratum === part.stratum && other.people > 0)
    const weights = controls.map(({ weight }) => weight)
    const isEven = Math.max(...weights) <= (1 + SAME_WEIGHT) * Math.min(...weights)
    return part.control || !isEven ? part : { ...part, weight: 1 }
  })
}

const SAME_WEIGHT = 1e-3
