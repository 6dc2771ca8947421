import type { ArmSums, DelayModel, Learner } from '@espalier/core/policy'
import type { Database } from '../client/database.ts'
import { Binder } from '../sql/params.ts'
import { type CreditQuestion, creditedSql, creditParams, windowOf } from './credited.ts'

export interface TrainingQuestion extends CreditQuestion {
  readonly learner: Pick<Learner, 'variants' | 'period' | 'halfLife' | 'balance' | 'delay'>
}

export interface TrainingStatistics {
  /** Of rows whose window has closed by now, in order of variant. */
  readonly closed: readonly ArmSums[]
  /** Of open ones, by the delay model; without one they wait. */
  readonly open: readonly ArmSums[]
  readonly rows: number
  readonly waiting: number
  /** Rows that cannot be learned from: of a variant there is no more, or without a chance above 0. */
  readonly refused: number
  /** Rows with an amount that has no exchange rate. */
  readonly lost: number
  /** When the first and the last of those closed were decided, epoch milliseconds; null without any. */
  readonly first: number | null
  readonly last: number | null
}

interface Row extends Omit<ArmSums, 'products' | 'moments'> {
  closed: number
  usable: number
  rows: number
  lost: number
  first: number
  last: number
}

/** Sums a variant of what each person's last exposed decision of a draw period brought: what a bandit learns from. */
export async function policyTraining(database: Database, question: TrainingQuestion): Promise<TrainingStatistics> {
  const { learner, now } = question
  const binder = new Binder()
  const credited = creditedSql(question, binder)
  const window = windowOf(question, binder)
  const variants = binder.bind('Array(String)', learner.variants)
  const rows = await database.rows<Row>(
    `SELECT variant, closed, usable, count() AS rows, sum(f) AS people, sum(g * f) AS weight, sum(g * t.reward) AS reward,
      sum(g * t.reward * t.reward) AS rewardSquares, sum(g * b * f) AS weightSquares, sum(g * b * f * f) AS maturedSquares,
      sum(t.lost) AS lost, min(t.at) AS first, max(t.at) AS last
    FROM (
      SELECT variant, reward, lost, at, at + ${window} <= {now:Int64} AS closed,
        has(${variants}, variant) AND propensity > 0 AND isFinite(reward) AS usable,
        ${balanceSql(learner, binder)} AS b, ${decaySql(question, binder)} * b AS g,
        if(closed, 1., ${delaySql(learner.delay, '({now:Int64} - at)', window, binder)}) AS f
      FROM ${credited}
    ) AS t
    GROUP BY variant, closed, usable ORDER BY variant`,
    { ...binder.params, ...creditParams({ ...question, now }) },
  )
  const count = (some: readonly Row[]) => some.reduce((total, row) => total + row.rows, 0)
  const usable = rows.filter(row => row.usable)
  const open = usable.filter(row => !row.closed)
  const closed = usable.filter(row => row.closed)
  return {
    closed: closed.map(sumsOf),
    open: learner.delay === undefined ? [] : open.map(sumsOf),
    rows: count(rows),
    waiting: learner.delay === undefined ? count(open) : 0,
    refused: count(rows) - count(usable),
    lost: rows.reduce((total, row) => total + row.lost, 0),
    first: closed.length === 0 ? null : Math.min(...closed.map(row => row.first)),
    last: closed.length === 0 ? null : Math.max(...closed.map(row => row.last)),
  }
}

function sumsOf({ variant, people, weight, reward, rewardSquares, weightSquares, maturedSquares }: Row): ArmSums {
  return { variant, people, weight, reward, rewardSquares, weightSquares, maturedSquares }
}

function decaySql({ learner: { halfLife, period }, now }: TrainingQuestion, binder: Binder): string {
  if (halfLife === undefined) return '1.'
  const current = binder.bind('Int64', Math.floor(now / period))
  return `exp2((period - ${current}) / ${binder.bind('Float64', halfLife)})`
}

function balanceSql({ balance, variants }: TrainingQuestion['learner'], binder: Binder): string {
  if (balance === undefined) return '1.'
  const most = binder.bind('Float64', balance)
  return `if(propensity > 0, least(${most}, 1 / (${binder.bind('UInt32', variants.length)} * propensity)), 0.)`
}

/** `delayShare` of core/policy. */
function delaySql(model: DelayModel | undefined, age: string, window: string, binder: Binder): string {
  if (model === undefined) return '0.'
  if (model.kind === 'exponential') {
    const mean = binder.bind('Float64', model.mean)
    return `least(1., (1 - exp(-${age} / ${mean})) / (1 - exp(-${window} / ${mean})))`
  }
  const at = binder.bind('Array(Float64)', [0, ...model.at])
  const share = binder.bind('Array(Float64)', [0, ...model.share])
  const reached = (x: string) => {
    const next = `arrayFirstIndex(knot -> knot > ${x}, ${at})`
    const from = `${share}[${next} - 1]`
    const step = `(${share}[${next}] - ${from}) * (${x} - ${at}[${next} - 1]) / (${at}[${next}] - ${at}[${next} - 1])`
    return `if(${next} < 2, ${share}[-1], ${from} + ${step})`
  }
  return `if(${reached(window)} > 0, least(1., ${reached(age)} / ${reached(window)}), 0.)`
}
