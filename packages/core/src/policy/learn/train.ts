import type { Encoding } from '../encoding.ts'
import { periodOf } from '../period.ts'
import { type Span, startFold } from './fold.ts'
import { isContextual, type Learner } from './learner.ts'
import { trainLogistic } from './logistic.ts'
import type { Model } from './model.ts'
import { modelFromSums } from './posterior.ts'
import type { Refusals, TrainingRow } from './row.ts'
import { addSums, advance, type Sums } from './sums.ts'

export interface Training {
  readonly model: Model
  readonly refused: Refusals
  /** Rows that wait for their window to close. */
  readonly waiting: number
}

/**
 * The next version of a model. `rows` are those decided since whenever, in any order and gone through more than once for a
 * logistic model; each counts once, in the first training after its window has closed. Without `previous` it is version 1, and
 * training from the whole log gives what training step by step gave (but for rounding, and for a logistic model's approximation).
 */
export function train(
  learner: Learner,
  previous: Model | undefined,
  rows: Iterable<TrainingRow>,
  until: number,
): Training {
  checkPrevious(learner, previous, until)
  const span: Span = { after: previous?.trainedUntil ?? Number.NEGATIVE_INFINITY, until }
  if (learner.kind === 'logistic') return trainLogistic(learner, previous, rows, span)
  const fold = startFold(learner, span)
  for (const row of rows) fold.add(row)
  const model = nextModel(learner, previous, { closed: fold.closed(), open: fold.open() }, until)
  return { model, refused: fold.refused, waiting: fold.waiting() }
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
