import { type Metric, statisticOf } from '@espalier/core/definition'
import { type ArmStatistics, addArms, addArmsByStratum, type SegmentStatistics } from '@espalier/core/experiment'
import { durationMs } from '@espalier/core/time'
import type { Database } from '../client/database.ts'
import { Binder, withinBut } from '../sql/params.ts'
import type { ImpactQuestion } from '../warehouse.ts'
import { armVersions } from './arms.ts'
import { countedSql } from './counted.ts'
import { strataOf } from './measure/chances.ts'
import { scopeOf } from './measure/exposed.ts'
import { joinLinks, personOf } from './people.ts'

export interface SegmentArmsQuestion extends ImpactQuestion {
  /** 100 at most. */
  readonly segments: readonly string[]
}

/** Totals a person that add up over people, and are known as soon as they happen: not the time of sessions, which lies between events. */
function isSimple({ delay, absent, ...metric }: Metric): boolean {
  const statistic = statisticOf(metric)
  const addsUp = (statistic === 'conversion' || statistic === 'sum') && metric.type !== 'time'
  return addsUp && delay === undefined && absent !== true
}

/**
 * The arms of an experience by segment, of each those who were in it at their first exposure and those who were not (`in`, `out`): what
 * people are later may be the effect. People are as in `impact`. Metrics that do not add up over people, and those with a delay or of an
 * absence, have none; values are not winsorized. An amount without a rate counts as nothing: `impact` tells of it.
 * Where chances changed arms have strata and weights, as in `byChance` there.
 */
export async function segmentArms(database: Database, question: SegmentArmsQuestion): Promise<SegmentStatistics[]> {
  const { metric, segments } = question
  if (!isSimple(metric) || segments.length === 0) return []
  const rows = await armRows(database, question, segments, 'control')
  const all = rows.filter(row => row.segment === '')
  const bySegment = new Map(rows.map(row => [keyOf(row.segment, row), row]))
  const apart = await chancesOf(database, question, all)
  return segments.flatMap(segment => {
    const own = all.map(whole => {
      return { whole, part: bySegment.get(keyOf(segment, whole)) ?? { ...whole, ...NOTHING } }
    })
    return [
      { dimension: segment, value: 'in', arms: addArmsByStratum(own.map(({ part }) => apart(part, armOf(part)))) },
      {
        dimension: segment,
        value: 'out',
        arms: addArmsByStratum(own.map(({ whole, part }) => apart(whole, armOf(whole, part)))),
      },
    ]
  })
}

const keyOf = (segment: string, { control, variant, version }: Row) =>
  JSON.stringify([segment, control, variant, version])

/**
 * The arms with those in the place of the control group who are left out of the whole programme and would have got this experience.
 * Metrics as for `segmentArms`.
 */
export async function heldOutArms(database: Database, question: ImpactQuestion): Promise<ArmStatistics[]> {
  if (!isSimple(question.metric)) return []
  const rows = await armRows(database, question, [], 'holdout')
  return addArms(rows.map(row => armOf(row))).map(({ weights: _, ...arm }) => arm)
}

/** What an arm of one version is told by beside the others: nothing where chances never changed. */
async function chancesOf(
  database: Database,
  question: ImpactQuestion,
  rows: readonly Row[],
): Promise<(row: Row, arm: ArmStatistics) => ArmStatistics> {
  const versions = await armVersions(database, scopeOf(question))
  const weighted = versions.some(({ chance }) => chance !== undefined)
  const counted = new Set<number>()
  const people = versions.map(({ version }) => {
    if (counted.has(version)) return 0
    counted.add(version)
    return rows.reduce((sum, row) => sum + (row.version === version ? Number(row.people) : 0), 0)
  })
  const strata = strataOf(versions, people)
  const several = new Set(strata.values()).size > 1
  return ({ version }, { weights, ...arm }) => ({
    ...arm,
    ...(weighted && weights && { weights }),
    ...(several && { stratum: strata.get(version) ?? '' }),
  })
}

/** A row an arm as one version had it, of everybody (segment '') and of those in each segment. */
async function armRows(
  database: Database,
  question: ImpactQuestion,
  segments: readonly string[],
  leftOut: 'control' | 'holdout',
): Promise<Row[]> {
  const { metric, now } = question
  const binder = new Binder()
  const { events, exchange, isMoney } = countedSql(metric, binder, question.currency)
  const until =
    metric.window === undefined ? '' : `AND counted.at < f.seen + ${binder.bind('Int64', durationMs(metric.window))}`
  const value = metric.type === 'conversion' ? 'toFloat64(t.times > 0)' : 't.value'
  const names = binder.bind('Array(String)', [...segments])
  const first = `(
    SELECT ${personOf('e')} AS person, toUnixTimestamp64Milli(min(e.timestamp)) AS seen,
      argMin((e.${leftOut}, if(e.${leftOut}, '', e.variant), e.version, 1 / greatest(e.propensity, 1e-9)), (e.timestamp, NOT e.${leftOut}, e.variant)) AS arm
    FROM exposures AS e ${joinLinks('e')}
    WHERE e.workspace = {workspace:String} AND e.experience = {experience:String} AND NOT e.${leftOut === 'control' ? 'holdout' : 'control'} AND ${withinBut('e.timestamp')}
    GROUP BY person
  )`
  const totals = `(
    SELECT f.person AS person, countIf(counted.main) AS times, sum(counted.value${isMoney ? ' * exchange.factor' : ''}) AS value
    FROM ${events} AS counted INNER JOIN ${first} AS f ON f.person = counted.person ${exchange}
    WHERE counted.at >= f.seen ${until} GROUP BY person
  )`
  const inside = `(
    SELECT person, segment FROM (
      SELECT c.person AS person, c.segment AS segment, argMax(c.name, (c.at, c.received, c.name = 'Segment Left')) AS latest
      FROM (
        SELECT ${personOf('e')} AS person, JSONExtractString(e.properties, 'segment') AS segment, e.name AS name,
          toUnixTimestamp64Milli(e.timestamp) AS at, e.received AS received
        FROM events AS e ${joinLinks('e')}
        WHERE e.workspace = {workspace:String} AND e.type = 'segment' AND segment IN ${names}
      ) AS c INNER JOIN ${first} AS f ON f.person = c.person
      WHERE c.at <= f.seen GROUP BY person, segment
    ) WHERE latest = 'Segment Entered'
  )`
  return database.rows<Row>(
    `SELECT segment, tupleElement(arm, 1) AS control, tupleElement(arm, 2) AS variant, tupleElement(arm, 3) AS version,
      count() AS people, countIf(v != 0) AS conversions, sum(v) AS sum, sum(v * v) AS sumSquares,
      sum(w) AS weight, sum(w * w) AS weightSquares, sum(w * v) AS weightedSum, sum(w * w * v * v) AS weightedSquares, sum(w * w * v) AS weightedCross
    FROM (
      SELECT arrayJoin(arrayConcat([''], i.segments)) AS segment, f.arm AS arm, tupleElement(f.arm, 4) AS w, ${value} AS v
      FROM ${first} AS f
      LEFT ANY JOIN ${totals} AS t ON t.person = f.person
      LEFT ANY JOIN (SELECT person, groupArray(segment) AS segments FROM ${inside} GROUP BY person) AS i ON i.person = f.person
    ) GROUP BY segment, control, variant, version ORDER BY control DESC, variant, version`,
    { ...binder.params, ...scopeOf(question), now },
  )
}

interface Row {
  segment: string
  control: boolean
  variant: string
  version: number
  people: number
  conversions: number
  sum: number
  sumSquares: number
  weight: number
  weightSquares: number
  weightedSum: number
  weightedSquares: number
  weightedCross: number
}

const NOTHING = {
  people: 0,
  conversions: 0,
  sum: 0,
  sumSquares: 0,
  weight: 0,
  weightSquares: 0,
  weightedSum: 0,
  weightedSquares: 0,
  weightedCross: 0,
}

/** An arm's people, or those of them who are not among `less`. */
function armOf(row: Row, less: typeof NOTHING = NOTHING): ArmStatistics {
  const people = Number(row.people) - Number(less.people)
  // A difference of sums may fall short of 0 by its rounding.
  const rest = (name: 'sumSquares' | 'weight' | 'weightSquares' | 'weightedSquares') =>
    people === 0 ? 0 : Math.max(0, row[name] - less[name])
  return {
    variant: row.variant,
    control: Boolean(row.control),
    people,
    exposures: people,
    conversions: Number(row.conversions) - Number(less.conversions),
    sum: row.sum - less.sum,
    sumSquares: rest('sumSquares'),
    expected: people,
    weights: {
      sum: rest('weight'),
      sumSquares: rest('weightSquares'),
      valueSum: row.weightedSum - less.weightedSum,
      valueSumSquares: rest('weightedSquares'),
      valueCrossSum: row.weightedCross - less.weightedCross,
    },
  }
}
