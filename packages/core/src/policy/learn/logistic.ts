import { addOuter, cholesky, multiply, packedSize, solve } from '../../numeric/cholesky.ts'
import { columnsOf, compileEncoder } from '../encoding.ts'
import { evidenceOf } from './evidence.ts'
import { addTaken, type Draft, encodeRow, startDraft, sumsOf } from './fold.ts'
import { type Gathered, startGather } from './gather.ts'
import { DEFAULT_RIDGE, type Learner } from './learner.ts'
import type { CoefficientArm, LogisticModel } from './model.ts'
import { pooled } from './posterior.ts'
import { type ArmSums, addSums, decayOf, type Sums } from './sums.ts'
import { type Span, startIntake } from './take.ts'
import type { Trainer } from './train.ts'

/**
 * Newton's method ends when no coefficient moves by more than this, or after so many passes. It squares its error with each
 * step, so what is left is a thousandth of that again.
 */
const CLOSE = 1e-3
const PASSES = 25
/** A step moves no coefficient further: Newton's method on a logistic curve may otherwise overshoot. */
const LONGEST = 4

/** Rows held at a time (R11). When there are more, the posterior of those so far is the prior of the next. */
const CHUNK = 100_000
/** Rows held that are not final, of which all are needed at the end. What comes after waits until it is. */
const MOST_OPEN = 500_000

/** A normal belief about an arm's coefficients. */
interface Belief {
  readonly mean: Float64Array
  readonly precision: Float64Array
}

/**
 * Logistic regression by Laplace's approximation: the earlier posterior is the prior, the rows' likelihood is climbed by
 * Newton's method, and the curvature at the top is the new precision (Chapelle and Li 2011, "An empirical evaluation of Thompson
 * sampling"). Decay takes the prior back towards where the first training began. Rows that are final make the posterior to go on
 * from; the others are added for this version only.
 */
export function startLogistic(
  learner: Learner,
  before: LogisticModel | undefined,
  span: Span,
  chunk: number = CHUNK,
): Trainer {
  const encoding = learner.encoding!
  const { variants, halfLife } = learner
  const encoder = compileEncoder(encoding)
  const columns = columnsOf(encoding)
  const intake = startIntake(learner, span)
  const scalars = { closed: variants.map(one => startDraft(one, 0)), open: variants.map(one => startDraft(one, 0)) }
  const closed = startGather(columns)
  const open = startGather(columns)
  const x = new Float64Array(columns)
  x[0] = 1
  let base = before?.base
  let beliefs: Belief[] | undefined

  /** Takes in the closed rows held so far. */
  function settle(): Belief[] {
    base ??= logOdds([...sumsOf(scalars.closed), ...sumsOf(scalars.open)])
    if (beliefs === undefined) {
      const start = startOf(base, columns, learner.ridge ?? DEFAULT_RIDGE)
      const faded = decayOf(intake.period - (before?.sums.period ?? intake.period), halfLife)
      beliefs = variants.map(variant => priorOf(variant, before, start, faded))
    }
    beliefs = beliefs.map((prior, arm) => climb(prior, closed, arm, scaleOf(scalars.closed[arm]!)))
    closed.clear()
    return beliefs
  }

  return {
    add(row) {
      const taken = intake.take(row)
      if (taken === undefined) return
      if (!taken.isFinal && open.count >= MOST_OPEN) {
        intake.waiting++
        return
      }
      encodeRow(encoder, row, x)
      addTaken((taken.isFinal ? scalars.closed : scalars.open)[taken.arm]!, taken)
      ;(taken.isFinal ? closed : open).add(taken, x)
      if (closed.count === chunk) settle()
    },
    finish() {
      const settled = settle()
      const served = settled.map((prior, arm) => climb(prior, open, arm, scaleOf(scalars.open[arm]!)))
      const now: Sums = { period: intake.period, arms: sumsOf(scalars.closed) }
      const sums = before === undefined ? now : addSums(before.sums, now, halfLife)
      const all = addSums(sums, { period: intake.period, arms: sumsOf(scalars.open) }, halfLife)
      const model: LogisticModel = {
        kind: 'logistic',
        format: 1,
        version: (before?.version ?? 0) + 1,
        trainedUntil: span.until,
        sums,
        encoding,
        base: base!,
        closed: armsOf(variants, settled, sums),
        arms: armsOf(variants, served, all),
      }
      return { model, refused: intake.refused, waiting: intake.waiting }
    },
  }
}

/** How much a unit of an arm's summed weight counts. */
function scaleOf({ scalars }: Draft): number {
  return scalars.weight > 0 ? evidenceOf(scalars).n / scalars.weight : 0
}

/** The posterior of an arm's coefficients after the rows held of it. */
function climb(prior: Belief, rows: Gathered, arm: number, scale: number): Belief {
  const columns = prior.mean.length
  let at = prior
  for (let pass = 0; pass < PASSES; pass++) {
    const { mean } = at
    const curvature = new Float64Array(packedSize(columns))
    const slope = new Float64Array(columns)
    rows.each(arm, (weight, maturity, reward, x) => {
      let score = 0
      for (let i = 0; i < columns; i++) score += mean[i]! * x[i]!
      const p = 1 / (1 + Math.exp(-score))
      addOuter(curvature, scale * weight * maturity * p * (1 - p), x, columns)
      const surprise = scale * weight * (reward - maturity * p)
      for (let i = 0; i < columns; i++) slope[i]! += surprise * x[i]!
    })
    at = newton(prior, mean, slope, curvature)
    if (mean.every((from, i) => Math.abs(at.mean[i]! - from) < CLOSE)) break
  }
  return at
}

/** One step uphill from `from`, where the rows' likelihood has this slope and curvature. */
function newton(prior: Belief, from: Float64Array, slope: Float64Array, curvature: Float64Array): Belief {
  const columns = from.length
  const precision = prior.precision.map((x, i) => x + curvature[i]!)
  const pull = multiply(
    prior.precision,
    from.map((x, i) => x - prior.mean[i]!),
    columns,
  )
  const step = solve(
    cholesky(precision, columns),
    slope.map((x, i) => x - pull[i]!),
    columns,
  )
  const longest = step.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  const shrink = longest > LONGEST ? LONGEST / longest : 1
  return { mean: from.map((x, i) => x + shrink * step[i]!), precision }
}

function armsOf(variants: readonly string[], beliefs: readonly Belief[], sums: Sums): CoefficientArm[] {
  return variants
    .map((variant, i) => ({
      variant,
      people: sums.arms.find(arm => arm.variant === variant)?.people ?? 0,
      mean: Array.from(beliefs[i]!.mean),
      precision: Array.from(beliefs[i]!.precision),
    }))
    .sort((a, b) => (a.variant < b.variant ? -1 : 1))
}

/** Half a success and half a failure are added, so that a reward nobody has had yet has log-odds too. */
function logOdds(arms: readonly ArmSums[]): number {
  const rows = arms.reduce((sum, arm) => sum + arm.weight, 0)
  const share = (Math.min(1, Math.max(0, pooled(arms).mean)) * rows + 0.5) / (rows + 1)
  return Math.log(share / (1 - share))
}

function startOf(base: number, columns: number, ridge: number): Belief {
  const mean = new Float64Array(columns)
  mean[0] = base
  const precision = new Float64Array(packedSize(columns))
  for (let i = 0; i < columns; i++) precision[packedSize(i) + i] = ridge
  return { mean, precision }
}

/** The earlier posterior to the power of what has not faded, times the start to the power of what has. */
function priorOf(variant: string, before: LogisticModel | undefined, start: Belief, faded: number): Belief {
  const arm = before?.closed.find(arm => arm.variant === variant)
  if (arm === undefined) return start
  const earlier: Belief = { mean: Float64Array.from(arm.mean), precision: Float64Array.from(arm.precision) }
  if (faded === 1) return earlier
  const columns = start.mean.length
  const mix = (a: Float64Array, b: Float64Array) => a.map((x, i) => x + faded * (b[i]! - x))
  const precision = mix(start.precision, earlier.precision)
  const natural = mix(
    multiply(start.precision, start.mean, columns),
    multiply(earlier.precision, earlier.mean, columns),
  )
  return { mean: solve(cholesky(precision, columns), natural, columns), precision }
}
