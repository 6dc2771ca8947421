import type { Json, JsonObject } from '@espalier/core'
import { statisticOf } from '@espalier/core/definition'
import { type ArmStatistics, capOf, type QuantileStatistics, type QuantilesByArm } from '@espalier/core/experiment'
import { compileProperties } from '@espalier/core/filter'
import { normalQuantile } from '@espalier/core/numeric'
import type { EventRow, ExposureRow, IdentityLinkRow } from '@espalier/core/stream'
import { durationMs } from '@espalier/core/time'
import type { ImpactQuestion, ImpactStatistics } from '../warehouse.ts'

export interface Facts {
  readonly exposures: readonly ExposureRow[]
  readonly events: readonly EventRow[]
  /** In the order they were committed. */
  readonly links: readonly IdentityLinkRow[]
  readonly rates: readonly { day: string; currency: string; base: string; rate: number }[]
}

/** Impact by going through everything, person by person: slow and plain, to compare the SQL with. */
export function bruteForceImpact(question: ImpactQuestion, facts: Facts): ImpactStatistics {
  const { metric, now } = question
  const seen = seenBy(question, facts)
  const people = peopleSeen(seen, facts)
  const missing = new Map<string, Set<string>>()
  const everybody = [...people].map(([person, rows]) => {
    const at = rows[0]!.timestamp
    const delay = metric.delay === undefined ? 0 : durationMs(metric.delay)
    const until = metric.window === undefined ? Infinity : at + delay + durationMs(metric.window)
    const total = (from: number, to: number) => totalOf(question, facts, { person, seen, from, to, missing })
    return {
      rows,
      closed: until <= now,
      after: total(at + delay, until),
      before: metric.covariate === undefined ? null : total(at - durationMs(metric.covariate), at),
    }
  })
  const closedOnly = metric.window !== undefined && (metric.absent === true || metric.delay !== undefined)
  const measured = everybody.filter(({ closed }) => closed || !closedOnly)
  const capAfter = capBy(
    metric,
    measured.map(({ after }) => after.v),
  )
  const capBefore = capBy(
    metric,
    measured.map(({ before }) => before?.v ?? 0),
  )
  const ratio = statisticOf(metric) === 'mean'
  const firsts = measured.map(({ rows }) => rows[0]!)
  const keys = [...new Map(seen.map(row => [armOf(row), row]))].sort(([, a], [, b]) => compareArms(a, b))
  const arms = keys.map(([key, example]): ArmStatistics => {
    const own = measured.filter(({ rows }) => armOf(rows[0]!) === key)
    const pairs = own.map(({ after, before }) => {
      const v = Math.min(after.v, capAfter)
      const done = metric.absent ? 1 - v : v
      return { v: done, d: after.d, b: Math.min(before?.v ?? 0, capBefore), bd: before?.d ?? 0, lost: after.v - v }
    })
    const sum = (of: (pair: (typeof pairs)[number]) => number) => pairs.reduce((all, pair) => all + of(pair), 0)
    return {
      variant: example.control ? '' : example.variant,
      control: example.control,
      people: own.length,
      exposures: own.reduce((all, { rows }) => all + rows.length, 0),
      conversions: own.filter(({ after }) => after.n > 0 !== (metric.absent === true)).length,
      sum: sum(({ v }) => v),
      sumSquares: sum(({ v }) => v * v),
      ...(ratio && {
        denominatorSum: sum(({ d }) => d),
        denominatorSumSquares: sum(({ d }) => d * d),
        crossSum: sum(({ v, d }) => v * d),
      }),
      ...(metric.covariate !== undefined && {
        covariate: {
          sum: sum(({ b }) => b),
          sumSquares: sum(({ b }) => b * b),
          crossSum: sum(({ v, b }) => v * b),
          ...(ratio && {
            ratio: {
              denominatorSum: sum(({ bd }) => bd),
              denominatorSumSquares: sum(({ bd }) => bd * bd),
              crossSum: sum(({ b, bd }) => b * bd),
              valueDenominatorSum: sum(({ v, bd }) => v * bd),
              denominatorValueSum: sum(({ d, b }) => d * b),
              denominatorsSum: sum(({ d, bd }) => d * bd),
            },
          }),
        },
      }),
      ...(metric.winsorize !== undefined && {
        capped: { people: pairs.filter(({ lost }) => lost > 0).length, excess: sum(({ lost }) => lost) },
      }),
      ...(metric.window !== undefined && { matured: own.filter(({ closed }) => closed).length }),
      ...(closedOnly && {
        open: everybody.filter(({ rows, closed }) => !closed && armOf(rows[0]!) === key).length,
      }),
      crossed: own.filter(({ rows }) => new Set(rows.map(armOf)).size > 1).length,
      expected: expectedOf(key, firsts, seen),
    }
  })
  return {
    arms,
    contaminated: arms.reduce((all, { crossed = 0 }) => all + crossed, 0),
    ...(seen.length > 0 && { first: seen[0]!.timestamp, last: seen.at(-1)!.timestamp }),
    missingRates: [...missing]
      .map(([currency, days]) => ({ currency, days: days.size, firstDay: [...days].sort()[0]! }))
      .sort((a, b) => (a.currency < b.currency ? -1 : 1)),
    ...(metric.type === 'quantile' && {
      quantiles: quantilesBy(
        metric.level!,
        measured.map(({ rows, after }) => ({ row: rows[0]!, values: after.values })),
        keys.map(([key]) => key),
      ),
    }),
  }
}

function seenBy(question: ImpactQuestion, facts: Facts): ExposureRow[] {
  return facts.exposures
    .filter(row => row.workspace === question.workspace && row.experience === question.experience && !row.holdout)
    .filter(
      row =>
        row.timestamp >= (question.from ?? -Infinity) &&
        row.timestamp < Math.min(question.to ?? Infinity, question.now + 1),
    )
    .sort((a, b) => a.timestamp - b.timestamp || compareArms(a, b) || a.version - b.version)
}

function peopleSeen(seen: readonly ExposureRow[], facts: Facts): Map<string, ExposureRow[]> {
  const personOf = peopleOf(facts.links)
  const people = new Map<string, ExposureRow[]>()
  for (const row of seen) people.set(personOf(row.profile), [...(people.get(personOf(row.profile)) ?? []), row])
  return people
}

/** Of one person between two instants: the total, how many events made it, what it is divided by, and each value. */
function totalOf(
  { workspace, metric, now }: ImpactQuestion,
  facts: Facts,
  scope: {
    person: string
    seen: readonly ExposureRow[]
    from: number
    to: number
    missing: Map<string, Set<string>>
  },
): { v: number; n: number; d: number; values: number[] } {
  const personOf = peopleOf(facts.links)
  const isHere = (row: { profile: string; timestamp: number }) =>
    personOf(row.profile) === scope.person &&
    row.timestamp >= scope.from &&
    row.timestamp < scope.to &&
    row.timestamp <= now
  const own = facts.events.filter(row => row.workspace === workspace && isHere(row))
  const holds = compileProperties(metric.where ?? [])
  const values: number[] = []
  const counted: EventRow[] = []
  let v = 0
  for (const row of own) {
    if (!holds(row.properties)) continue
    const hasAmounts = metric.type !== 'conversion' && metric.type !== 'count'
    const refund = hasAmounts && row.name === metric.refund?.event
    if (row.name !== metric.event && !refund) continue
    if (!hasAmounts) {
      counted.push(row)
      continue
    }
    const property = refund ? (metric.refund?.property ?? metric.property) : metric.property
    const value = property === undefined ? row.revenue : numberOf(valueAt(row.properties, property))
    if (value === null) continue
    let factor = 1
    if (metric.currency !== undefined) {
      const day = new Date(row.timestamp).toISOString().slice(0, 10)
      factor = exchange(facts.rates, row.currency, metric.currency, day)
      if (factor === 0) scope.missing.set(row.currency, (scope.missing.get(row.currency) ?? new Set()).add(day))
    }
    v += (refund ? -Math.abs(value) : value) * factor
    if (refund) continue
    values.push(value * factor)
    counted.push(row)
  }
  const n = counted.length
  const sessionsOf = (rows: readonly EventRow[]) => new Set(rows.map(row => row.session_id).filter(Boolean)).size
  const shown = scope.seen.filter(isHere).length
  const { type, per = 'person' } = metric
  const d = type === 'mean' ? n : { person: 1, buyer: n > 0 ? 1 : 0, session: sessionsOf(own), exposure: shown }[per]
  const did = {
    person: n > 0 ? 1 : 0,
    buyer: n > 0 ? 1 : 0,
    session: sessionsOf(counted),
    exposure: Math.min(n, shown),
  }
  return { v: type === 'conversion' ? did[per] : type === 'count' ? n : v, n, d, values }
}

function capBy({ winsorize, type }: ImpactQuestion['metric'], totals: readonly number[]): number {
  if (winsorize === undefined || type === 'conversion') return Infinity
  return (
    capOf(
      totals.map(total => [total, 1] as const),
      winsorize,
    ) ?? Infinity
  )
}

function quantilesBy(
  level: number,
  people: readonly { row: ExposureRow; values: number[] }[],
  arms: readonly string[],
): QuantilesByArm {
  const of = (isIn: (row: ExposureRow) => boolean, variant: string, control: boolean): QuantileStatistics[] => {
    const own = people.filter(({ row, values }) => isIn(row) && values.length > 0).map(({ values }) => values)
    const all = own.flat().sort((a, b) => a - b)
    if (all.length === 0) return []
    const z = normalQuantile(0.975)
    const half = z * Math.sqrt((level * (1 - level)) / all.length)
    const place = (p: number) => all[Math.min(Math.max(Math.floor(p * all.length), 0), all.length - 1)]!
    const value = place(level)
    const counts = own.map(values => ({ n: values.length, below: values.filter(one => one <= value).length }))
    const sum = (f: (one: (typeof counts)[number]) => number) => counts.reduce((total, one) => total + f(one), 0)
    return [
      {
        variant,
        control,
        level,
        count: all.length,
        value,
        lower: place(level - half),
        upper: place(level + half),
        clusters: {
          people: own.length,
          below: sum(({ below }) => below),
          belowSquares: sum(({ below }) => below ** 2),
          countSquares: sum(({ n }) => n ** 2),
          belowTimesCount: sum(({ n, below }) => n * below),
        },
      },
    ]
  }
  return {
    arms: arms.flatMap(key => of(row => armOf(row) === key, key.replace(/^(control|variant )/, ''), key === 'control')),
    together: of(row => !row.control, '', false)[0] ?? null,
  }
}

const armOf = (row: ExposureRow) => (row.control ? 'control' : `variant ${row.variant}`)

/** Control first, then the variants by name. */
function compareArms(a: ExposureRow, b: ExposureRow): number {
  if (a.control !== b.control) return a.control ? -1 : 1
  return a.control || a.variant === b.variant ? 0 : a.variant < b.variant ? -1 : 1
}

/** Of the people who came under one version, the arm's share by the mean propensity of each arm there. */
function expectedOf(arm: string, firsts: readonly ExposureRow[], seen: readonly ExposureRow[]): number {
  let expected = 0
  for (const version of new Set(seen.map(row => row.version))) {
    const here = seen.filter(row => row.version === version)
    const share = (key: string) => {
      const own = here.filter(row => armOf(row) === key)
      return own.length === 0 ? 0 : own.reduce((sum, row) => sum + row.propensity, 0) / own.length
    }
    const shares = [...new Set(here.map(armOf))].reduce((sum, key) => sum + share(key), 0)
    expected += (firsts.filter(row => row.version === version).length * share(arm)) / shares
  }
  return expected
}

/** Who a source profile is by the links: the latest by time, and of one time the last written; two steps. */
export function peopleOf(links: readonly IdentityLinkRow[]): (source: string) => string {
  const latest = new Map<string, IdentityLinkRow>()
  for (const row of links) {
    const known = latest.get(row.source)
    if (known === undefined || row.at >= known.at) latest.set(row.source, row)
  }
  const step = (source: string) => latest.get(source)?.canonical ?? source
  return source => step(step(source))
}

/** 0 where there is no rate. */
export function exchange(rates: Facts['rates'], currency: string, target: string, day: string): number {
  if (currency === target) return 1
  const rateOf = (base: string, of: string) =>
    of === base
      ? 1
      : (rates
          .filter(r => r.base === base && r.currency === of && r.day <= day)
          .sort((a, b) => (a.day < b.day ? 1 : -1))[0]?.rate ?? 0)
  const known = (base: string, of: string) => of === base || rates.some(r => r.base === base && r.currency === of)
  const bases = [...new Set(rates.map(r => r.base))].filter(base => known(base, currency) && known(base, target)).sort()
  const base = bases.find(b => b === target) ?? bases.find(b => b === currency) ?? bases[0]
  if (base === undefined) return 0
  const theirs = rateOf(base, target)
  return theirs === 0 ? 0 : rateOf(base, currency) / theirs
}

export function valueAt(properties: JsonObject, path: string): Json | undefined {
  let here: Json | undefined = properties
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null || Array.isArray(here)) return undefined
    here = here[step]
  }
  return here
}

export function numberOf(value: Json | undefined): number | null {
  const number = typeof value === 'string' && /^\s*[-+]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Math.abs(number) <= 1e12 ? number : null
}
