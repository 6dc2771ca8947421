import type { Segment } from '../people/segments.ts'

/** What somebody was really shown at a touchpoint: nothing of ours where it is default content. */
export interface Shown {
  readonly experience: string
  readonly variant: string
}

/** The step of a visit at which a touchpoint makes a difference. */
export type Stage = 'view' | 'add' | 'checkout' | 'rescue'

/** A planted truth: how a variant changes the probability of one step, for each kind of people. 1: not at all. */
export interface Effect {
  readonly stage: Stage
  readonly factor: Readonly<Record<Segment, number>>
  /** Share of the price given away on orders. */
  readonly discount?: number
}

export const TOUCHPOINT_OF: Readonly<Record<Stage, string>> = {
  view: 'home.hero',
  add: 'home.recommendations',
  checkout: 'cart.offer',
  rescue: 'cart.email',
}

/** By experience, then variant. One experience may act at several touchpoints. */
export type Effects = Readonly<Record<string, Readonly<Record<string, readonly Effect[]>>>>

/** The truths of the demo. The keys are those of `definitions.ts`. */
export const PLANTED: Effects = {
  'welcome-hero': {
    story: [{ stage: 'view', factor: { bargain: 0.95, loyal: 1, newcomer: 1.3, mobile: 1.05 } }],
    bestsellers: [{ stage: 'view', factor: { bargain: 1.15, loyal: 1.05, newcomer: 1.45, mobile: 1.3 } }],
  },
  'sale-hero': {
    sale: [{ stage: 'view', factor: { bargain: 1.4, loyal: 0.95, newcomer: 1.1, mobile: 1.2 } }],
  },
  'picked-for-you': {
    picked: [{ stage: 'add', factor: { bargain: 1.15, loyal: 1.4, newcomer: 1.1, mobile: 1.6 } }],
  },
  'cart-rescue': {
    'free-shipping': [
      { stage: 'checkout', factor: { bargain: 1.2, loyal: 1.05, newcomer: 1.3, mobile: 1.35 } },
      { stage: 'rescue', factor: { bargain: 1.5, loyal: 1.1, newcomer: 1.5, mobile: 1.5 } },
    ],
    'ten-percent': [
      { stage: 'checkout', factor: { bargain: 1.35, loyal: 1, newcomer: 1.25, mobile: 1.2 }, discount: 0.1 },
      { stage: 'rescue', factor: { bargain: 2, loyal: 1.2, newcomer: 1.5, mobile: 1.5 }, discount: 0.1 },
    ],
  },
}

/** The factor on a step's probability for what was shown. */
export function factorOf(effects: Effects, shown: Shown | undefined, stage: Stage, segment: Segment): number {
  return effectOf(effects, shown, stage)?.factor[segment] ?? 1
}

export function discountOf(effects: Effects, shown: Shown | undefined, stage: Stage): number {
  return effectOf(effects, shown, stage)?.discount ?? 0
}

function effectOf(effects: Effects, shown: Shown | undefined, stage: Stage): Effect | undefined {
  return shown && effects[shown.experience]?.[shown.variant]?.find(effect => effect.stage === stage)
}
