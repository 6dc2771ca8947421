import { sampleRatio } from './srm.ts'

/** People by the arm of their first exposure, and how many of them were seen in another arm as well. */
export interface CrossoverCounts {
  /** Variant key, or '' for the control group. */
  readonly variant: string
  readonly people: number
  readonly crossed: number
}

/**
 * People seen in two or more arms. They stay in their first arm: leaving them out biases the result, by up to +55 % in a
 * simulation where nothing differed. Counting them draws the lift towards 0, so a lift is at least as large as measured.
 */
export interface Crossover {
  readonly crossed: number
  /** Of all people; null where there is nobody. */
  readonly share: number | null
  readonly arms: readonly { readonly variant: string; readonly crossed: number; readonly share: number | null }[]
  /** Of chance alone having told who of them is in which arm; null where there are too few to tell. */
  readonly p: number | null
  /**
   * `diluted`: so many that the lift is drawn towards 0 noticeably. `uneven`: arms lose people to others at rates that chance does not
   * explain, as when seeing a variant makes people change their device: look for the cause.
   */
  readonly verdict: 'few' | 'diluted' | 'uneven'
}

/** A share of people seen in two arms above which the comparison is diluted noticeably. */
export const CONTAMINATION = 0.01

/**
 * How often somebody is drawn for anew is not known: once where two devices turn out to be one person's, again and again where a policy
 * draws daily.
 */
const TIMES_DRAWN = [1, 2, 4, 8, 16, Number.POSITIVE_INFINITY]

/**
 * How many were seen in more than one arm, and whether that goes beyond what chance makes of the arms' sizes. `arms`: each once, the control
 * group too. Shares are fractions of people.
 */
export function crossover(arms: readonly CrossoverCounts[]): Crossover {
  const people = arms.reduce((sum, arm) => sum + arm.people, 0)
  const crossed = arms.reduce((sum, arm) => sum + arm.crossed, 0)
  const share = people > 0 ? crossed / people : null
  const ratios = TIMES_DRAWN.map(times => sampleRatio(arms.map(arm => crossedByChance(arm, people, times))))
  // As it must be however often they were drawn.
  const verdict = ratios.every(ratio => ratio.verdict === 'mismatch') ? 'mismatch' : 'ok'
  const p = ratios.some(ratio => ratio.p === null) ? null : Math.max(...ratios.map(ratio => ratio.p!))
  return {
    crossed,
    share,
    arms: arms.map(arm => ({
      variant: arm.variant,
      crossed: arm.crossed,
      share: arm.people > 0 ? arm.crossed / arm.people : null,
    })),
    p,
    verdict: verdict === 'mismatch' ? 'uneven' : (share ?? 0) > CONTAMINATION ? 'diluted' : 'few',
  }
}

/**
 * Who is drawn for anew gets an arm as large as half of all again in half of the cases, and one of a tenth in a tenth: that small one loses nine
 * of ten, and no more people altogether than it takes from the large one.
 */
function crossedByChance({ people, crossed }: CrossoverCounts, all: number, times: number) {
  return { people: crossed, expected: people * (1 - (people / all) ** times) }
}
