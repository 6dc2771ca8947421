import { periodOf } from '../period.ts'
import { delayShare } from './delay.ts'
import { isShare, type Learner } from './learner.ts'
import { noRefusals, type Refusals, refusalOf, type TrainingRow } from './row.ts'
import { decayOf } from './sums.ts'

/** Which rows a training takes in for good: those that became final after `after` and by `until`, epoch milliseconds. */
export interface Span {
  /** Up to when earlier trainings have taken rows in; -Infinity for the first. */
  readonly after: number
  /** The moment of training. */
  readonly until: number
}

/** A row as it counts: see `ArmSums` for g, b and F. */
export interface Taken {
  /** Its place among the learner's variants. */
  arm: number
  /** Nothing of it changes any more: it is taken in for good. */
  isFinal: boolean
  /** g b. */
  weight: number
  /** b. */
  balance: number
  /** F. */
  maturity: number
  reward: number
}

/** Decides what each row counts for, and counts those that do not. */
export interface Intake {
  /** The draw period that decay counts back from. */
  readonly period: number
  /** Undefined where the row counts for nothing. The same object each time. */
  take(row: TrainingRow): Taken | undefined
  readonly refused: Refusals
  /** Rows that wait for their window to close. */
  waiting: number
}

/** For rows that became final after `after` and up to `until`, epoch milliseconds; open windows count only where there is a delay model. */
export function startIntake(learner: Learner, { after, until }: Span): Intake {
  const period = periodOf(until, learner.period)
  const places = new Map(learner.variants.map((variant, i) => [variant, i]))
  const taken: Taken = { arm: 0, isFinal: true, weight: 1, balance: 1, maturity: 1, reward: 0 }
  const refused = noRefusals()

  function take(row: TrainingRow): Taken | undefined {
    const refusal = refusalOf(row, until)
    if (refusal !== undefined) {
      refused[refusal]++
      return undefined
    }
    const { closesAt, finalAt = closesAt } = row
    if (finalAt <= after) return undefined
    const isClosed = closesAt <= until
    if (!isClosed && learner.delay === undefined) {
      intake.waiting++
      return undefined
    }
    const arm = places.get(row.variant)
    if (arm === undefined) {
      refused.variant++
      return undefined
    }
    const reward = rewardOf(row, learner)
    if (reward === undefined) {
      refused.reward++
      return undefined
    }
    const decay = decayOf(period - periodOf(row.decidedAt, learner.period), learner.halfLife)
    taken.arm = arm
    taken.isFinal = isClosed && finalAt <= until
    taken.balance = balanceOf(row.propensity, learner)
    taken.weight = decay * taken.balance
    taken.maturity = isClosed ? 1 : delayShare(learner.delay!, until - row.decidedAt, row.closesAt - row.decidedAt)
    taken.reward = reward
    return taken
  }

  const intake: Intake = { period, take, refused, waiting: 0 }
  return intake
}

function balanceOf(propensity: number, { balance, variants }: Learner): number {
  return balance === undefined ? 1 : Math.min(balance, 1 / (variants.length * propensity))
}

/** Undefined where the kind cannot learn from it. */
function rewardOf({ variant, reward }: TrainingRow, { kind, success }: Learner): number | undefined {
  if (success !== undefined) {
    const least = typeof success === 'number' ? success : success[variant]
    return least !== undefined && reward >= least ? 1 : 0
  }
  return isShare(kind) && !(reward >= 0 && reward <= 1) ? undefined : reward
}
