/**
 * How a variant is chosen. A policy says the chance of each eligible variant first, from what is known of the person and from
 * the model in force; then one hash draw picks among them. So every choice has its true propensity, and the same question has
 * the same answer (R6).
 *
 * `S` is what rules and inputs read: a person, the context, the moment.
 */
export interface Policy<S> {
  readonly kind: PolicyKind
  /** The chances alone, before anything is drawn: what a what-if asks. Reused by the next call: read it before asking again. */
  chances(ask: Ask<S>): Chances
  choose(ask: Ask<S>): Choice
  /** What it knows and whether that is enough, for people. */
  state(now: number): PolicyState
}

export type PolicyKind = 'rules' | 'split' | 'sticky-split' | 'bandit' | 'contextual' | 'rollout'

export interface Ask<S> {
  readonly bucketKey: string
  /** Epoch milliseconds. */
  readonly now: number
  readonly subject: S
  /** Whether each variant may be shown to this person, by index; all where it is left out. */
  readonly eligible?: readonly boolean[]
  /** What this person was given before, where that is kept. */
  readonly held?: Held
}

/**
 * An earlier choice that is to be kept: by a sticky split for ever, by a policy that learns until its draw period ends, so that
 * all touchpoints of an experience agree although inputs change in between. It keeps the propensity of the draw it came from,
 * which is the one that counts.
 */
export type Held = Pick<Choice, 'arm' | 'propensity' | 'model' | 'period'>

/** Whether what was given before can still be given. */
export function mayKeep({ arm }: Held, variants: number, eligible: readonly boolean[] | undefined): boolean {
  return arm >= 0 && arm < variants && (eligible === undefined || eligible[arm] === true)
}

export interface Chances {
  /** Of each variant by index, in points of 10,000; what they fall short of 10,000 is the chance of none. */
  readonly points: Int32Array
  readonly basis: Basis
  /** Version of the model used; 0 for none. */
  readonly model: number
  /** Number of the draw period; 0 where a person's draw is for ever. */
  readonly period: number
}

export interface Choice {
  /** Index of the variant; -1 for none of them, which is the touchpoint's default content. */
  readonly arm: number
  /** Above 0 and at most 1. */
  readonly propensity: number
  readonly basis: Basis
  readonly model: number
  readonly period: number
}

/** What a choice rests on. */
export type Basis =
  /** The first rule that holds. */
  | 'rule'
  /** No rule holds, and there is no variant for that. */
  | 'no-rule'
  /** Stated shares. */
  | 'split'
  /** Given before, and kept. */
  | 'held'
  /** A model of all eligible variants. */
  | 'learned'
  /** A model of some; the others have their share of the split until there is enough data of them. */
  | 'learned-in-part'
  /** The split, since there is too little data of every variant. */
  | 'too-little-data'
  /** The rollout's stage. */
  | 'rollout'
  /** None of the variants may be shown. */
  | 'none-eligible'

export interface PolicyState {
  readonly basis: Basis
  readonly model: number
  readonly period: number
  readonly arms: readonly ArmState[]
  /** In plain words. */
  readonly sentence: string
  /** Of those that learn, what is served now and what comes next, without why; in plain words. */
  readonly serves?: string
}

export interface ArmState {
  readonly variant: string
  /** Chance of being shown to somebody for whom all are eligible; null where it depends on the person. */
  readonly chance: number | null
  /** People learned from, and how many it takes; null for policies that do not learn. */
  readonly people: number | null
  readonly needed: number | null
}
