import { UNSTATED } from '@espalier/core/stream'
import { armMeans, COMPONENTS, DEFAULT_SWITCH, PRODUCTS, type WhatIfSums } from '@espalier/core/whatif'
import type { Database } from '../client/database.ts'
import { Binder } from '../sql/params.ts'
import { type CreditQuestion, creditedSql, creditParams, windowOf } from './credited.ts'

export interface WhatIfQuestion extends CreditQuestion {
  /** What is compared; '' is none of the variants. */
  readonly variants: readonly string[]
  /** The target's chance of each, the same for everybody; they sum to 1. */
  readonly chances: readonly number[]
  /**
   * Of variant '' the control group alone stands for others, in versions that have one. For whom a policy chose nothing saw the default
   * content as well, but the chance of that is logged beside that of being left out: counted by each, they would stand for themselves twice.
   */
  readonly byControl?: boolean
}

/** Least propensity that anything is drawn with, as in core/whatif. */
const LEAST = '1e-9'

interface Arm {
  variant: string
  half: number
  shown: number
  reward: number
}

interface Totals {
  totals: number[]
  products: number[]
  people: number
  squaredWeights: number
  maxWeight: number
  maxPersonWeight: number
  minReward: number
  maxReward: number
}

/**
 * The sums of core/whatif for a target that does not look at the person, over decisions whose window has closed. Predictions are each
 * variant's mean reward among the other half of the people, so none has learned from the person it is asked about.
 */
export async function whatIfSums(database: Database, question: WhatIfQuestion): Promise<WhatIfSums> {
  const { variants, chances, byControl = false } = question
  const scope = creditParams(question)
  const withoutControl = question.controls.filter(({ share }) => share === 0).map(({ version }) => version)
  const standsSql = (binder: Binder) =>
    byControl
      ? `(row.variant != '' OR row.control OR has(${binder.bind('Array(UInt32)', withoutControl)}, row.version))`
      : 'true'
  // A chance that nobody stated is none.
  const rowsOf = (binder: Binder) => `(
    SELECT row.person AS person, cityHash64('half', row.person) % 2 AS half, row.variant AS variant,
      if(d.request_id != '', 0., row.propensity) AS propensity, row.reward AS reward,
      indexOf(${binder.bind('Array(String)', variants)}, row.variant) AS arm,
      ${standsSql(binder)} AS stands
    FROM (
      SELECT request_id FROM decisions
      WHERE workspace = {workspace:String} AND definitions = 0 AND has(answers.experience, {experience:String})
        AND has(answers.reason, '${UNSTATED}')
    ) AS d
    RIGHT ANY JOIN (
      SELECT * FROM ${creditedSql(question, binder)} WHERE at + ${windowOf(question, binder)} <= {now:Int64}
    ) AS row ON d.request_id = row.request
  )`
  const first = new Binder()
  const arms = await database.rows<Arm & { unknown: number; impossible: number; stands: number }>(
    `SELECT if(arm = 0, '', variant) AS variant, half, arm = 0 AS unknown, NOT (propensity >= ${LEAST}) AS impossible, stands,
      count() AS shown, sum(reward) AS reward
    FROM ${rowsOf(first)} GROUP BY variant, half, unknown, impossible, stands`,
    { ...first.params, ...scope },
  )
  const usable = arms.filter(arm => !arm.unknown && !arm.impossible)
  const count = (some: readonly Arm[]) => some.reduce((total, { shown }) => total + shown, 0)
  const standing = usable.filter(arm => arm.stands)
  const means = [0, 1].map(half => meansOf(variants, standing, 1 - half))
  const direct = means.map(mean => mean.reduce((sum, q, i) => sum + q * chances[i]!, 0))

  const second = new Binder()
  const target = second.bind('Array(Float64)', chances)
  const [even, odd] = means.map(mean => second.bind('Array(Float64)', mean))
  const dm = second.bind('Array(Float64)', direct)
  const [found] = await database.rows<Totals>(
    `SELECT ${listOf(COMPONENTS.map(c => `sum(${c})`))} AS totals,
      ${listOf(PRODUCTS.map(([a, b]) => `sum(${a} * ${b})`))} AS products, count() AS people,
      sum(ww) AS squaredWeights, max(most) AS maxWeight, max(w) AS maxPersonWeight, min(least) AS minReward, max(largest) AS maxReward
    FROM (
      SELECT person, toFloat64(count()) AS n, sum(reward) AS r, sum(weight) AS w, sum(weight * reward) AS wr,
        sum(${dm}[half + 1]) AS dm, sum(weight * (reward - q)) AS dr,
        sumIf(weight * (reward - q), weight <= ${DEFAULT_SWITCH}) AS sw,
        sum(weight * weight) AS ww, max(weight) AS most, min(reward) AS least, max(reward) AS largest
      FROM (
        SELECT person, half, reward, if(stands, ${target}[arm] / propensity, 0.) AS weight, if(half = 0, ${even}[arm], ${odd}[arm]) AS q
        FROM ${rowsOf(second)} WHERE arm > 0 AND propensity >= ${LEAST}
      ) GROUP BY person
    )`,
    { ...second.params, ...scope },
  )
  const none = found === undefined || found.people === 0
  const totals = none ? COMPONENTS.map(() => 0) : found.totals
  return {
    people: found?.people ?? 0,
    sums: Object.fromEntries(COMPONENTS.map((c, i) => [c, totals[i]!])) as WhatIfSums['sums'],
    products: none ? PRODUCTS.map(() => 0) : found.products,
    squaredWeights: found?.squaredWeights ?? 0,
    maxWeight: found?.maxWeight ?? 0,
    maxPersonWeight: found?.maxPersonWeight ?? 0,
    minReward: found?.minReward ?? 0,
    maxReward: found?.maxReward ?? 0,
    predicted: !none,
    cap: null,
    arms: variants.map((variant, i) => {
      const here = usable.filter(arm => arm.variant === variant)
      const reward = here.reduce((sum, arm) => sum + arm.reward, 0)
      return { variant, shown: count(here), wanted: chances[i]! * count(usable), reward }
    }),
    unusable: {
      propensity: count(arms.filter(arm => arm.impossible && !arm.unknown)),
      reward: 0,
      target: 0,
      variant: count(arms.filter(arm => arm.unknown)),
    },
  }
}

function meansOf(variants: readonly string[], arms: readonly Arm[], half: number): number[] {
  return armMeans(
    variants.map(variant => {
      const arm = arms.find(one => one.variant === variant && one.half === half)
      return { variant, shown: arm?.shown ?? 0, wanted: 0, reward: arm?.reward ?? 0 }
    }),
  )
}

const listOf = (parts: readonly string[]) => `[${parts.join(', ')}]`
