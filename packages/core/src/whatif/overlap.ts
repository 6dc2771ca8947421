import { whole } from '../words.ts'
import { effectiveDecisions, effectivePeople } from './estimators.ts'
import type { ArmOverlap, WhatIfSums } from './sums.ts'

/** How much of the log speaks of the target policy. */
export interface Overlap {
  readonly decisions: number
  readonly people: number
  /** (Σ w)² / Σ w²: how many decisions, and how many people, of equal weight would tell as much. */
  readonly effectiveDecisions: number
  readonly effectivePeople: number
  /** 1 but for chance, where the log could have shown all that the target wants and its propensities are true. */
  readonly meanWeight: number | null
  readonly maxWeight: number
  /** The largest weight as a share of all. */
  readonly largestShare: number | null
  readonly arms: readonly ArmOverlap[]
}

/** From the sums of what was folded; weights are target chance / logged chance. */
export function overlapOf(sums: WhatIfSums): Overlap {
  return {
    decisions: sums.sums.n,
    people: sums.people,
    effectiveDecisions: effectiveDecisions(sums),
    effectivePeople: effectivePeople(sums),
    meanWeight: sums.sums.n > 0 ? sums.sums.w / sums.sums.n : null,
    maxWeight: sums.maxWeight,
    largestShare: sums.sums.w > 0 ? sums.maxWeight / sums.sums.w : null,
    arms: sums.arms,
  }
}

/** A doubt about the log, what it means, and what would help. */
export interface Doubt {
  readonly code: DoubtCode
  /** Whether nothing can be said at all, or only with care. */
  readonly refuses: boolean
  readonly message: string
  /** What would be needed. */
  readonly needed: Needed
}

export type DoubtCode =
  /** The log has no decision to learn from. */
  | 'empty'
  /** Decisions with impossible numbers. */
  | 'unusable'
  /** Rewards so large that their squares are beyond what a number can hold. */
  | 'overflow'
  /** The target wants a variant that the log never shows. */
  | 'never-shown'
  /** The target wants what the log could not show: mean weight is below 1 by more than chance. */
  | 'not-covered'
  /** Mean weight is above 1 by more than chance: the propensities are not those that were drawn with. */
  | 'propensities'
  /** Fewer effective people than it takes. */
  | 'too-few'
  /** A small part of the log decides it. */
  | 'little-overlap'
  /** Every decision brought the same, such as a goal that never happened: chance cannot be judged. */
  | 'no-variance'

export interface Needed {
  /** People in all with the exploration there is. */
  readonly people?: number
  /** Variants to show more, and the least chance each needs. */
  readonly explore?: readonly { readonly variant: string; readonly chance: number }[]
}

/** Effective people below which nothing is said: intervals of fewer do not hold what they promise. */
export const LEAST_EFFECTIVE = 50
/** Effective share of the people below which it is said with care. */
const LITTLE = 0.1
/** One decision's share of all weight above which it is. */
const HEAVY = 0.05
/** What the target wants of variants never shown: beyond this share it moves the answer. */
const UNSEEN = 0.01
/** Mean weight off 1: so many standard errors, and so much in itself. Weights are skewed, so chance strays further than usual. */
const ERRORS = 5
const OFF = 0.05

export function doubtsOf(sums: WhatIfSums, leastEffective: number = LEAST_EFFECTIVE): Doubt[] {
  const doubts: Doubt[] = []
  const broken = Object.entries(sums.unusable).filter(([, count]) => count > 0)
  if (broken.length > 0) {
    const list = broken.map(([what, count]) => `${count} with ${MEANING[what as keyof typeof MEANING]}`).join(', ')
    doubts.push({
      code: 'unusable',
      refuses: true,
      message: `The log has decisions that cannot be used: ${list}. Correct or leave them out: an answer without them would be another population's.`,
      needed: {},
    })
  }
  const { n } = sums.sums
  if (n === 0) {
    const message = 'The log has no decision of this experience whose window has closed: let it run.'
    return [...doubts, { code: 'empty', refuses: true, message, needed: { people: leastEffective } }]
  }
  if (![...Object.values(sums.sums), ...sums.products].every(Number.isFinite)) {
    const message = 'The rewards are so large that their squares are beyond what a number can hold: use a larger unit.'
    return [...doubts, { code: 'overflow', refuses: true, message, needed: {} }]
  }
  doubts.push(...neverShown(sums), ...weightDoubts(sums))
  const effective = effectivePeople(sums)
  if (effective < leastEffective || effective === 0) {
    doubts.push(tooFew(sums, effective, leastEffective))
  } else if (effective < LITTLE * sums.people || sums.maxWeight > HEAVY * sums.sums.w) {
    doubts.push({
      code: 'little-overlap',
      refuses: false,
      message: `${Math.round(effective)} of ${sums.people} people speak of this policy, the rest were mostly shown something else: read the interval, not the value.`,
      needed: { people: Math.ceil((LITTLE * sums.people ** 2) / effective) },
    })
  }
  if (sums.minReward === sums.maxReward) {
    const message = 'Every decision in the log brought the same, so nothing tells what another policy could change.'
    doubts.push({ code: 'no-variance', refuses: false, message, needed: {} })
  }
  return doubts
}

const MEANING = {
  propensity: 'no propensity, or one that is not above 0 and up to 1',
  reward: 'a reward or prediction that is no finite number',
  target: 'target chances that are not between 0 and 1 or do not sum to 1',
  variant: 'an unknown variant',
} as const

function neverShown({ arms, sums }: WhatIfSums): Doubt[] {
  const missing = arms.filter(arm => arm.shown === 0 && arm.wanted > 0)
  const share = missing.reduce((sum, arm) => sum + arm.wanted, 0) / sums.n
  if (share === 0) return []
  const names = missing.map(({ variant }) => variant || 'the default content').join(', ')
  return [
    {
      code: 'never-shown',
      refuses: share > UNSEEN,
      message: `The policy would show ${names} in ${percent(share)} of the decisions, and the log never does: what that brings cannot be known from it.`,
      needed: { explore: missing.map(({ variant }) => ({ variant, chance: UNSEEN })) },
    },
  ]
}

/** Mean weight is 1 but for chance: where it is not, something was not shown that should have been, or was logged falsely. */
function weightDoubts(sums: WhatIfSums): Doubt[] {
  if (sums.cap !== null || sums.people < 2) return []
  const mean = sums.sums.w / sums.sums.n
  const effective = effectivePeople(sums)
  // All relative to the mean: where by chance no large weight came, mean and scatter are both too small.
  const error = effective > 0 ? Math.sqrt(Math.max(0, 1 / effective - 1 / sums.people)) : Number.POSITIVE_INFINITY
  if (Math.abs(mean - 1) <= OFF || !(Math.abs(Math.log(mean)) > ERRORS * error)) return []
  if (mean > 1) {
    const message = `The weights average ${mean.toFixed(2)} and must average 1: the propensities in the log are not those that were drawn with.`
    return [{ code: 'propensities', refuses: true, message, needed: {} }]
  }
  const starved = sums.arms.filter(arm => arm.shown < arm.wanted / 2)
  const message = `The log could show only ${percent(mean)} of what the policy would do: the rest cannot be known from it. Give every variant a chance wherever the policy may choose it; if it had one, the propensities in the log are not those that were drawn with.`
  const explore = starved.map(({ variant }) => ({ variant, chance: UNSEEN }))
  return [{ code: 'not-covered', refuses: true, message, needed: { explore } }]
}

function tooFew({ people, arms, sums }: WhatIfSums, effective: number, least: number): Doubt {
  const scale = effective > 0 ? least / effective : Number.POSITIVE_INFINITY
  const enough = Math.ceil(people * scale)
  // With at least this chance everywhere no weight is above its inverse, which leaves as many effective people.
  const chance = Math.min(1, least / people)
  const starved = arms.filter(arm => arm.wanted > 0 && arm.shown < chance * arm.wanted)
  const share = `at least ${percent(chance)} of people for each variant it wants`
  const hint = chance < 1 ? `, or ${share}` : ''
  return {
    code: 'too-few',
    refuses: true,
    message: Number.isFinite(enough)
      ? `Only ${tenths(effective)} people's worth of the log speaks of this policy, and it takes ${least}: about ${whole(enough)} people in all as it runs now${hint}.`
      : `Nobody in the log was shown what this policy would show: ${chance < 1 ? `it takes ${share}` : 'give each variant it wants a chance'}.`,
    needed: {
      ...(Number.isFinite(enough) && { people: enough }),
      ...(sums.n > 0 && starved.length > 0 && { explore: starved.map(({ variant }) => ({ variant, chance })) }),
    },
  }
}

/** Rounded down: what is too few does not read as enough. */
function tenths(value: number): string {
  return (Math.floor(10 * value) / 10).toFixed(1)
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`
}
