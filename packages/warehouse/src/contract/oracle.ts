import type { Json, JsonObject } from '@espalier/core'
import type { ArmStatistics } from '@espalier/core/experiment'
import { compileProperties } from '@espalier/core/segment'
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
  const { metric } = question
  const personOf = peopleOf(facts.links)
  const seen = facts.exposures
    .filter(row => row.workspace === question.workspace && row.experience === question.experience && !row.holdout)
    .filter(row => row.timestamp >= (question.from ?? -Infinity) && row.timestamp < (question.to ?? Infinity))
    .sort((a, b) => a.timestamp - b.timestamp || compareArms(a, b) || a.version - b.version)
  const people = new Map<string, ExposureRow[]>()
  for (const row of seen) {
    const person = personOf(row.profile)
    people.set(person, [...(people.get(person) ?? []), row])
  }
  const holds = compileProperties(metric.where ?? [])
  const missing = new Map<string, Set<string>>()
  const arms = new Map<string, Arm>()
  let contaminated = 0
  for (const row of seen) if (!arms.has(armOf(row))) arms.set(armOf(row), emptyArm(row))
  for (const [person, rows] of people) {
    const first = rows[0]!
    if (new Set(rows.map(armOf)).size > 1) contaminated += 1
    const until = metric.window === undefined ? Infinity : first.timestamp + durationMs(metric.window)
    let v = 0
    let n = 0
    for (const row of facts.events) {
      if (row.workspace !== question.workspace || personOf(row.profile) !== person) continue
      if (row.timestamp < first.timestamp || row.timestamp >= until || row.timestamp > question.now) continue
      if (!holds(row.properties)) continue
      const refund = metric.type !== 'conversion' && row.name === metric.refund?.event
      if (row.name !== metric.event && !refund) continue
      if (metric.type === 'conversion') {
        n += 1
        continue
      }
      const property = refund ? (metric.refund?.property ?? metric.property) : metric.property
      const value = property === undefined ? row.revenue : numberOf(at(row.properties, property))
      if (value === null) continue
      let factor = 1
      if (metric.currency !== undefined) {
        const day = new Date(row.timestamp).toISOString().slice(0, 10)
        factor = exchange(facts.rates, row.currency, metric.currency, day)
        if (factor === 0) missing.set(row.currency, (missing.get(row.currency) ?? new Set()).add(day))
      }
      v += (refund ? -Math.abs(value) : value) * factor
      if (!refund) n += 1
    }
    if (metric.type === 'conversion') v = n > 0 ? 1 : 0
    const arm = arms.get(armOf(first))!
    arm.people += 1
    arm.exposures += rows.length
    arm.conversions += n > 0 ? 1 : 0
    arm.sum += v
    arm.sumSquares += v * v
    arm.denominatorSum += n
    arm.denominatorSumSquares += n * n
    arm.crossSum += v * n
  }
  const firsts = [...people.values()].map(rows => rows[0]!)
  for (const [key, arm] of arms) arm.expected = expectedOf(key, firsts, seen)
  return {
    arms: [...arms.values()]
      .sort((a, b) => Number(b.control) - Number(a.control) || (a.variant < b.variant ? -1 : 1))
      .map(({ denominatorSum, denominatorSumSquares, crossSum, ...arm }) =>
        metric.type === 'mean' ? { ...arm, denominatorSum, denominatorSumSquares, crossSum } : arm,
      ),
    contaminated,
    missingRates: [...missing]
      .map(([currency, days]) => ({ currency, days: days.size, firstDay: [...days].sort()[0]! }))
      .sort((a, b) => (a.currency < b.currency ? -1 : 1)),
  }
}

type Summed = 'denominatorSum' | 'denominatorSumSquares' | 'crossSum' | 'people' | 'exposures' | 'conversions'
type Arm = {
  -readonly [K in Summed | 'variant' | 'control' | 'sum' | 'sumSquares' | 'expected']-?: NonNullable<ArmStatistics[K]>
}

const emptyArm = (row: ExposureRow): Arm => ({
  variant: row.control ? '' : row.variant,
  control: row.control,
  people: 0,
  exposures: 0,
  conversions: 0,
  sum: 0,
  sumSquares: 0,
  denominatorSum: 0,
  denominatorSumSquares: 0,
  crossSum: 0,
  expected: 0,
})

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

function at(properties: JsonObject, path: string): Json | undefined {
  let here: Json | undefined = properties
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null || Array.isArray(here)) return undefined
    here = here[step]
  }
  return here
}

function numberOf(value: Json | undefined): number | null {
  const number = typeof value === 'string' && /^\s*[-+]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Math.abs(number) <= 1e12 ? number : null
}
