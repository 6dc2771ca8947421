import type { Encoding } from '../encoding.ts'
import { periodOf } from '../period.ts'
import { startFold } from './fold.ts'
import { isContextual, type Learner } from './learner.ts'
import { startLogistic } from './logistic.ts'
import type { LogisticModel, Model } from './model.ts'
import { modelFromSums } from './posterior.ts'
import type { Refusals, TrainingRow } from './row.ts'
import { addSums, advance, type Sums } from './sums.ts'
import type { Span } from './take.ts'

export interface Training {
  readonly model: Model
  readonly refused: Refusals
  /** Rows that wait for their window to close. */
  readonly waiting: number
}

/** Takes rows as they come, in any order, and makes a model of them. */
export interface Trainer {
  add(row: TrainingRow): void
  finish(): Training
}

/**
 * Starts training the next version of a model. Of the rows given each is taken in for good once, by the first training after it
 * became final; so it does no harm to give those again that are in `previous`. Those that are not final are to be given each time.
 * Without `previous` it is version 1, and training from the whole log gives what training step by step gave (but for rounding, and
 * for a logistic model's approximation).
 */
export function startTraining(learner: Learner, previous: Model | undefined, until: number): Trainer {
  checkPrevious(learner, previous, until)
  const span: Span = { after: previous?.trainedUntil ?? Number.NEGATIVE_INFINITY, until }
  if (learner.kind === 'logistic') return startLogistic(learner, previous as LogisticModel | undefined, span)
  const fold = startFold(learner, span)
  return {
    add: fold.add,
    finish: () => ({
      model: nextModel(learner, previous, { closed: fold.closed(), open: fold.open() }, until),
      refused: fold.refused,
      waiting: fold.waiting(),
    }),
  }
}

/** The same at one go. */
export function train(
  learner: Learner,
  previous: Model | undefined,
  rows: Iterable<TrainingRow>,
  until: number,
): Training {
  const trainer = startTraining(learner, previous, until)
  for (const row of rows) trainer.add(row)
  return trainer.finish()
}

/** The same from sums that SQL took. `open` may be left out where there is no delay model. Not for logistic models. */
export function nextModel(
  learner: Learner,
  previous: Model | undefined,
  sums: { readonly closed: Sums; readonly open?: Sums },
  until: number,
): Model {
  checkPrevious(learner, previous, until)
  const { halfLife } = learner
  const closed =
    previous === undefined
      ? advance(sums.closed, periodOf(until, learner.period), halfLife)
      : addSums(previous.sums, sums.closed, halfLife)
  const served = sums.open === undefined ? closed : addSums(closed, sums.open, halfLife)
  return modelFromSums(learner, { version: (previous?.version ?? 0) + 1, trainedUntil: until, sums: closed }, served)
}

function checkPrevious({ kind, encoding }: Learner, previous: Model | undefined, until: number): void {
  if (isContextual(kind) !== (encoding !== undefined)) {
    throw new RangeError(`a ${kind} learner ${encoding ? 'takes no inputs' : 'needs its encoding of the inputs'}`)
  }
  if (previous === undefined) return
  if (previous.kind !== kind || !sameEncoding(encoding, 'encoding' in previous ? previous.encoding : undefined)) {
    throw new RangeError(
      `version ${previous.version} is of another kind or encoding: train from the log, without a previous version`,
    )
  }
  if (previous.trainedUntil > until) {
    throw new RangeError(
      `version ${previous.version} was trained until ${new Date(previous.trainedUntil).toISOString()}, after ${new Date(until).toISOString()}: a clock went back`,
    )
  }
}

function sameEncoding(a: Encoding | undefined, b: Encoding | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
