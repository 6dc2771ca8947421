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
  /** Of equal shares in all arms; null where there are too few to tell. */
  readonly p: number | null
  /**
   * `diluted`: so many that the lift is drawn towards 0 noticeably. `uneven`: arms lose people to others at different rates,
   * as when seeing a variant makes people change their device: look for the cause.
   */
  readonly verdict: 'few' | 'diluted' | 'uneven'
}

/** A share of people seen in two arms above which the comparison is diluted noticeably. */
export const CONTAMINATION = 0.01

export function crossover(arms: readonly CrossoverCounts[]): Crossover {
  const people = arms.reduce((sum, arm) => sum + arm.people, 0)
  const crossed = arms.reduce((sum, arm) => sum + arm.crossed, 0)
  const share = people > 0 ? crossed / people : null
  // Those who crossed ought to divide as all people do.
  const { verdict, p } = sampleRatio(arms.map(arm => ({ people: arm.crossed, expected: arm.people })))
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
