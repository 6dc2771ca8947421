/**
 * One thing to learn from: the last exposed decision of a person in a draw period, and what it brought. Who credits rewards
 * to decisions is the log's business; here each row stands for itself.
 */
export interface TrainingRow {
  /** Key of the variant that was shown. */
  readonly variant: string
  /** Chance of that variant when it was drawn, above 0 and at most 1. */
  readonly propensity: number
  /** What it has brought up to the moment of training: 0 or 1 for a conversion, otherwise in units of the metric. */
  readonly reward: number
  /** Epoch milliseconds. */
  readonly decidedAt: number
  /** When its window closes, epoch milliseconds: from then on nothing is credited to it any more. */
  readonly closesAt: number
  /**
   * From when on nothing of it changes any more, epoch milliseconds; its closing unless given. Later where events may still be on their
   * way, or a later decision of the same draw period take its place. Until then each training looks at it anew.
   */
  readonly finalAt?: number
  /** What the person's inputs were at the decision, by key of the input; contextual bandits read it. */
  readonly inputs?: Readonly<Record<string, unknown>>
}

/** Why a row cannot be learned from. */
export type Refusal =
  /** A variant that the experience does not have (any more). */
  | 'variant'
  /** No probability above 0 and up to 1. */
  | 'propensity'
  /** Not a finite number, or beyond what the model's kind allows. */
  | 'reward'
  /** Decided after the moment of training, or its window closes before it opens: a clock went back. */
  | 'time'

/** How many rows were refused, by reason. One bad row costs itself, never the training. */
export type Refusals = Record<Refusal, number>

export function noRefusals(): Refusals {
  return { variant: 0, propensity: 0, reward: 0, time: 0 }
}

/** Why a row cannot be learned from, whatever the kind of model; undefined where it can. `until`: the moment of training, epoch milliseconds. */
export function refusalOf(row: TrainingRow, until: number): Refusal | undefined {
  if (!(row.propensity > 0 && row.propensity <= 1)) return 'propensity'
  if (!Number.isFinite(row.reward)) return 'reward'
  if (!(row.decidedAt <= until && row.closesAt >= row.decidedAt && Number.isFinite(row.closesAt))) return 'time'
  return undefined
}
