import type { ArmStatistics } from '@espalier/core/experiment'
import { durationMs } from '@espalier/core/time'
import type { Database } from '../client/database.ts'
import type { ImpactQuestion, ImpactStatistics } from '../warehouse.ts'
import { type ArmVersion, armText, armVersions, numbersOf } from './arms.ts'
import { countedSql } from './counted.ts'
import { ALL_TIME, Binder, within } from './params.ts'
import { joinLinks, personOf } from './people.ts'

/**
 * Statistics of each arm of an experience.
 *
 * - A person is the canonical one; they belong to the arm of their first exposure in the range. Of exposures of one millisecond
 *   control comes first, then the variants by name. Holdout exposures are left out; people seen in two arms stay in their
 *   first and are counted.
 * - Their events count from the first exposure on (its own millisecond included) to the end of the metric's window
 *   (exclusive), and up to `now`. An event counts when the metric's conditions hold for it and, for sum and mean, its
 *   property is an amount. A refund subtracts its amount when the same conditions hold for it; it is no conversion.
 * - Squares are of each person's total.
 */
export async function impact(database: Database, question: ImpactQuestion): Promise<ImpactStatistics> {
  const scope = {
    workspace: question.workspace,
    experience: question.experience,
    from: question.from ?? ALL_TIME.from,
    to: question.to ?? ALL_TIME.to,
  }
  const versions = await armVersions(database, scope)
  if (versions.length === 0) return { arms: [], contaminated: 0, missingRates: [] }
  const binder = new Binder()
  const rows = await database.rows<Row>(impactSql(question, binder), {
    ...binder.params,
    ...scope,
    ...numbersOf(versions),
    now: question.now,
  })
  return {
    arms: armsOf(versions, rows, question.metric.type === 'mean'),
    contaminated: rows.reduce((sum, row) => sum + row.contaminated, 0),
    missingRates: missingRates(rows.flatMap(row => row.missing)),
  }
}

/** Statistics of one arm in one version of the experience. */
interface Row {
  /** Place in the list of arm versions, from 1. */
  number: number
  people: number
  exposures: number
  contaminated: number
  conversions: number
  sum: number
  sumSquares: number
  countSum: number
  countSumSquares: number
  crossSum: number
  /** (currency, day) pairs without a rate. */
  missing: [currency: string, day: string][]
}

function impactSql(question: ImpactQuestion, binder: Binder): string {
  // Time and arm of the first exposure in one whole number, so that finding it is the cheapest of aggregates: the arm version's
  // number in the lower 16 bits, the milliseconds above them.
  const first = `(
    SELECT
      ${personOf('e')} AS person,
      min(toUnixTimestamp64Milli(e.timestamp) * 65536 + ${numbered}) AS head,
      min(${grouped}) != max(${grouped}) AS mixed,
      count() AS exposures
    FROM exposures AS e ${joinLinks('e')}
    WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.holdout AND ${within('e.timestamp')}
      AND ${numbered} > 0
    GROUP BY person
  )`
  const conversion = question.metric.type === 'conversion'
  return `
  SELECT
    seen.number AS number, seen.people AS people, seen.exposures AS exposures, seen.contaminated AS contaminated,
    outcome.conversions AS conversions, outcome.sum AS sum, outcome.sumSquares AS sumSquares, outcome.countSum AS countSum,
    outcome.countSumSquares AS countSumSquares, outcome.crossSum AS crossSum, outcome.missing AS missing
  FROM (
    SELECT bitAnd(head, 65535) AS number, count() AS people, sum(exposures) AS exposures, countIf(mixed) AS contaminated
    FROM ${first} GROUP BY number
  ) AS seen
  LEFT ANY JOIN (
    SELECT
      number, countIf(n > 0) AS conversions,
      sum(${conversion ? 'n > 0' : 'v'}) AS sum, sum(${conversion ? 'n > 0' : 'v * v'}) AS sumSquares,
      sum(n) AS countSum, sum(n * n) AS countSumSquares, sum(v * n) AS crossSum,
      groupUniqArrayArray(10000)(missing) AS missing
    FROM ${valuesSql(question, first, binder)} GROUP BY number
  ) AS outcome ON outcome.number = seen.number
  ORDER BY number`
}

const numbered = `transform(${armText('e')}, {arms:Array(String)}, {numbers:Array(Int64)}, 0)`
const grouped = `transform(${armText('e')}, {arms:Array(String)}, {groups:Array(Int64)}, 0)`

/** A row a person with counted events: `v` their total, `n` how many events, and the (currency, day) pairs without a rate. */
function valuesSql({ metric }: ImpactQuestion, first: string, binder: Binder): string {
  const { events, exchange, isMoney } = countedSql(metric, binder)
  const window = metric.window && binder.bind('Int64', durationMs(metric.window))
  return `(
    SELECT
      bitAnd(f.head, 65535) AS number,
      sum(counted.value${isMoney ? ' * exchange.factor' : ''}) AS v, toFloat64(countIf(counted.main)) AS n,
      ${isMoney ? 'groupUniqArrayIf((counted.currency, toString(counted.day)), exchange.factor = 0)' : "CAST([], 'Array(Tuple(String, String))')"} AS missing
    FROM ${events} AS counted
    INNER JOIN ${first} AS f ON f.person = counted.person
    ${exchange}
    WHERE counted.at >= bitShiftRight(f.head, 16) ${window ? `AND counted.at < bitShiftRight(f.head, 16) + ${window}` : ''}
    GROUP BY counted.person, number
  )`
}

/** The arms over all versions, control first, then by variant. */
function armsOf(versions: readonly ArmVersion[], rows: readonly Row[], ratio: boolean): ArmStatistics[] {
  const expected = expectedPeople(versions, rows)
  const groups = new Map<number, ArmStatistics>()
  versions.forEach((version, index) => {
    const row = rows.find(one => one.number === index + 1)
    const arm = groups.get(version.group)
    groups.set(version.group, {
      variant: version.variant,
      control: version.control,
      people: (arm?.people ?? 0) + (row?.people ?? 0),
      exposures: (arm?.exposures ?? 0) + (row?.exposures ?? 0),
      conversions: (arm?.conversions ?? 0) + (row?.conversions ?? 0),
      sum: (arm?.sum ?? 0) + (row?.sum ?? 0),
      sumSquares: (arm?.sumSquares ?? 0) + (row?.sumSquares ?? 0),
      ...(ratio && {
        denominatorSum: (arm?.denominatorSum ?? 0) + (row?.countSum ?? 0),
        denominatorSumSquares: (arm?.denominatorSumSquares ?? 0) + (row?.countSumSquares ?? 0),
        crossSum: (arm?.crossSum ?? 0) + (row?.crossSum ?? 0),
      }),
      expected: (arm?.expected ?? 0) + (expected[index] ?? 0),
    })
  })
  return [...groups.values()]
}

/** Of the people who came in under one version of the experience, each arm's share by its propensity in that version. */
function expectedPeople(versions: readonly ArmVersion[], rows: readonly Row[]): number[] {
  const people = new Map<number, number>()
  const shares = new Map<number, number>()
  versions.forEach(({ version, propensity }, index) => {
    const here = rows.find(row => row.number === index + 1)?.people ?? 0
    people.set(version, (people.get(version) ?? 0) + here)
    shares.set(version, (shares.get(version) ?? 0) + propensity)
  })
  return versions.map(({ version, propensity }) => {
    const all = shares.get(version) ?? 0
    return all > 0 ? ((people.get(version) ?? 0) * propensity) / all : 0
  })
}

function missingRates(pairs: readonly (readonly [string, string])[]): ImpactStatistics['missingRates'] {
  const days = new Map<string, Set<string>>()
  for (const [currency, day] of pairs) {
    const known = days.get(currency) ?? new Set()
    days.set(currency, known.add(day))
  }
  return [...days]
    .map(([currency, set]) => ({ currency, days: set.size, firstDay: [...set].sort()[0] ?? '' }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1))
}
