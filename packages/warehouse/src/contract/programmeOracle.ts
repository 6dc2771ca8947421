import { type Cell, NOBODY, type ValueSums } from '@espalier/core/impact'
import type { EventRow, ExposureRow } from '@espalier/core/stream'
import { durationMs } from '@espalier/core/time'
import type { ProgrammeQuestion, ProgrammeStatistics } from '../queries/programme/question.ts'
import { exchange, type Facts, numberOf, peopleOf, valueAt } from './oracle.ts'

/** One thing somebody did, or that it cost. */
interface Fact {
  readonly person: string
  readonly at: number
  readonly ordered: number
  readonly unpriced: number
  readonly kpi: number
  readonly revenue: number
  readonly margin: number
  readonly discounts: number
  readonly sends: number
}

const NOTHING = { ordered: 0, unpriced: 0, kpi: 0, revenue: 0, margin: 0, discounts: 0, sends: 0 }

/** What the programme brought by going through everything, person by person, to compare the SQL with. UTC only. */
export function bruteForceProgramme(
  question: ProgrammeQuestion & { readonly from: number },
  facts: Facts,
): Pick<ProgrammeStatistics, 'cells' | 'periods' | 'segments' | 'holdout'> {
  const end = Math.min(question.to ?? Infinity, question.now + 1)
  const personOf = peopleOf(facts.links)
  const isIn = ({ workspace, timestamp }: { workspace: string; timestamp: number }) =>
    workspace === question.workspace && timestamp >= question.from && timestamp < end
  const did = [...moneyFacts(question, facts), ...kpiFacts(question, facts), ...sendFacts(question, facts)].filter(
    ({ at }) => at >= question.from && at < end,
  )
  const drawOf = (at: number) => {
    const change = (question.shareChanges ?? []).filter(one => one <= at).at(-1)
    const began = change !== undefined && quarterOf(change) === quarterOf(at)
    return began ? new Date(change).toISOString() : quarterOf(at)
  }
  const firsts = new Map<string, { person: string; row: ExposureRow }>()
  const holdouts = new Map<string, { person: string; row: ExposureRow; quarter: string }>()
  for (const row of facts.exposures.filter(isIn)) {
    const person = personOf(row.profile)
    const quarter = drawOf(row.timestamp)
    const own = `${quarter} ${person}`
    if (isBefore(row, holdouts.get(own)?.row, heldOrder)) holdouts.set(own, { person, row, quarter })
    if (row.holdout) continue
    const unit = `${row.experience} ${person}`
    if (isBefore(row, firsts.get(unit)?.row, armOrder)) firsts.set(unit, { person, row })
  }
  const total = (person: string, first: number, counts: (fact: Fact) => boolean) =>
    totalOf(
      question,
      first,
      did.filter(fact => fact.person === person && fact.at >= first && counts(fact)),
    )
  const units = [...firsts.values()]
  const cellKey = cellKeys(facts.exposures.filter(row => isIn(row) && !row.holdout))
  const cells = (some: typeof units, counts: (fact: Fact) => boolean = () => true) => {
    const keys = new Map(some.map(({ row }) => [cellKey(row), row]))
    return [...keys].sort(byKey).map(([key, row]): Cell => {
      const own = some.filter(one => cellKey(one.row) === key)
      const totals = own.map(one => total(one.person, one.row.timestamp, counts))
      const w = own.map(one => 1 / one.row.propensity)
      const sum = (of: (i: number) => number) => own.reduce((all, _, i) => all + of(i), 0)
      const kpi = (i: number) => totals[i]!.kpi
      return {
        experience: row.experience,
        touchpoint: row.touchpoint,
        version: row.version,
        control: row.control,
        variant: row.control ? '' : row.variant,
        propensity: sum(i => own[i]!.row.propensity) / own.length,
        sums: sumsOver(totals),
        ...(!row.control && {
          weighted: {
            weight: sum(i => w[i]!),
            weightSquares: sum(i => w[i]! ** 2),
            kpi: sum(i => w[i]! * kpi(i)),
            kpiSquares: sum(i => w[i]! * kpi(i) ** 2),
            squaredKpi: sum(i => w[i]! ** 2 * kpi(i)),
            squaredKpiSquares: sum(i => w[i]! ** 2 * kpi(i) ** 2),
          },
        }),
      }
    })
  }
  const periodOf = (at: number) => (question.by === 'week' ? weekOf(at) : `${dayOf(at).slice(0, 7)}-01`)
  const active = did.filter(fact => units.some(({ person, row }) => person === fact.person && fact.at >= row.timestamp))
  const drawKey = ({ quarter, row }: { quarter: string; row: ExposureRow }) =>
    `${quarter} ${row.holdout} ${row.version === 0}`
  const quarters = [...new Map([...holdouts.values()].map(one => [drawKey(one), one]))].sort(byKey)
  return {
    cells: cells(units),
    periods: [...new Set(active.map(({ at }) => periodOf(at)))].sort().map(period => ({
      period,
      cells: cells(units, ({ at }) => periodOf(at) === period).map(({ weighted: _, ...cell }) => cell),
    })),
    segments: [...question.segments].sort().flatMap(segment => {
      const inside = units.filter(({ person, row }) => wasIn(question, facts, person, segment, row.timestamp))
      return inside.length === 0 ? [] : [{ segment, cells: cells(inside) }]
    }),
    holdout: quarters.map(([key, { quarter, row }]) => {
      const own = [...holdouts.values()].filter(one => drawKey(one) === key)
      const weight = (power: number) => own.reduce((sum, one) => sum + one.row.propensity ** -power, 0)
      return {
        quarter,
        changes: (question.shareChanges ?? []).filter(one => one <= row.timestamp).length,
        heldOut: row.holdout,
        ...(row.version === 0 && { elsewhere: true as const }),
        ...(row.holdout && row.version > 0 && { weights: { sum: weight(1), sumSquares: weight(2) } }),
        sums: sumsOver(own.map(one => total(one.person, one.row.timestamp, ({ at }) => drawOf(at) === quarter))),
      }
    }),
  }
}

type Total = Pick<ValueSums, 'orders' | 'unpriced' | 'kpi' | 'revenue' | 'margin' | 'discounts' | 'sends' | 'net'>

function totalOf({ metric }: ProgrammeQuestion, first: number, own: readonly Fact[]): Total {
  const sum = (of: (fact: Fact) => number) => own.reduce((all, fact) => all + of(fact), 0)
  const until = metric?.window === undefined ? Infinity : first + durationMs(metric.window)
  const kpi = sum(fact => (fact.at < until ? fact.kpi : 0))
  const [margin, discounts, sends] = [sum(fact => fact.margin), sum(fact => fact.discounts), sum(fact => fact.sends)]
  return {
    orders: sum(({ ordered }) => ordered),
    unpriced: sum(({ unpriced }) => unpriced),
    kpi: metric?.type === 'conversion' ? Math.min(1, kpi) : kpi,
    revenue: sum(({ revenue }) => revenue),
    margin,
    discounts,
    sends,
    net: margin - discounts - sends,
  }
}

function sumsOver(totals: readonly Total[]): ValueSums {
  const sums = { ...NOBODY, people: totals.length, buyers: totals.filter(({ orders }) => orders > 0).length }
  for (const total of totals) {
    sums.orders += total.orders
    sums.unpriced += total.unpriced
    for (const name of ['kpi', 'revenue', 'margin', 'discounts', 'sends', 'net'] as const) {
      sums[name] += total[name]
      sums[`${name}Squares`] += total[name] ** 2
    }
  }
  return sums
}

function moneyFacts({ workspace, orders, margin, currency, metric }: ProgrammeQuestion, facts: Facts): Fact[] {
  const personOf = peopleOf(facts.links)
  const own = facts.events.filter(
    row => row.workspace === workspace && [orders.event, orders.refund].includes(row.name),
  )
  return own.map(row => {
    const numberIn = (path: string | undefined) => (path === undefined ? null : numberOf(valueAt(row.properties, path)))
    const isRefund = row.name === orders.refund
    const factor = exchange(facts.rates, row.currency || currency, currency, dayOf(row.timestamp))
    const amount = orders.amount === undefined ? row.revenue : numberIn(orders.amount)
    const paid = amount === null ? null : isRefund ? -Math.abs(amount) : amount
    const discount = numberIn(orders.discount) ?? 0
    const off = isRefund ? -Math.abs(discount) : Math.max(0, discount)
    const [property, cost] = [numberIn(margin?.property), numberIn(margin?.cost)]
    const left =
      property !== null
        ? isRefund
          ? -Math.abs(property)
          : property
        : cost !== null && paid !== null
          ? isRefund
            ? paid + off + Math.abs(cost)
            : paid + off - cost
          : margin?.rate !== undefined && paid !== null
            ? margin.rate * (paid + off)
            : null
    const revenue = (paid ?? 0) * factor
    return {
      ...NOTHING,
      person: personOf(row.profile),
      at: row.timestamp,
      ordered: isRefund ? 0 : 1,
      unpriced: left === null ? 1 : 0,
      kpi: metric === undefined ? revenue : 0,
      revenue,
      margin: (left ?? 0) * factor,
      discounts: off * factor,
    }
  })
}

function kpiFacts({ workspace, metric }: ProgrammeQuestion, facts: Facts): Fact[] {
  if (metric === undefined) return []
  const personOf = peopleOf(facts.links)
  const of = (row: EventRow) => (metric.type === 'sum' ? numberOf(valueAt(row.properties, metric.property!)) : 1)
  return facts.events
    .filter(row => row.workspace === workspace && row.name === metric.event)
    .map(row => ({ ...NOTHING, person: personOf(row.profile), at: row.timestamp, kpi: of(row) ?? 0 }))
}

function sendFacts({ workspace, sends }: ProgrammeQuestion, facts: Facts): Fact[] {
  const personOf = peopleOf(facts.links)
  return facts.exposures.flatMap(row => {
    const price = sends.find(({ touchpoint }) => touchpoint === row.touchpoint)
    if (price === undefined || row.workspace !== workspace) return []
    const cost = row.control || row.holdout || row.variant === '' ? price.default : price.cost
    return [{ ...NOTHING, person: personOf(row.profile), at: row.timestamp, sends: cost }]
  })
}

function wasIn({ workspace }: ProgrammeQuestion, facts: Facts, person: string, segment: string, at: number): boolean {
  const personOf = peopleOf(facts.links)
  const last = facts.events
    .filter(row => row.workspace === workspace && row.type === 'segment' && row.properties.segment === segment)
    .filter(row => personOf(row.profile) === person && row.timestamp <= at)
    .sort((a, b) => a.timestamp - b.timestamp || a.received - b.received || (a.name === 'Segment Entered' ? 1 : -1))
    .at(-1)
  return last?.name === 'Segment Entered'
}

/** What of two exposures of one person is the first; of one millisecond by the order. */
function isBefore(row: ExposureRow, other: ExposureRow | undefined, order: (row: ExposureRow) => (string | number)[]) {
  if (other === undefined) return true
  const [a, b] = [order(row), order(other)]
  const at = a.findIndex((part, i) => part !== b[i])
  return at >= 0 && a[at]! < b[at]!
}

const armOrder = ({ timestamp, control, variant, touchpoint, version, propensity }: ExposureRow) => [
  timestamp,
  control ? 0 : 1,
  control ? '' : variant,
  touchpoint,
  version,
  propensity,
]
const heldOrder = ({ timestamp, holdout, version, propensity }: ExposureRow) => [
  timestamp,
  holdout ? 1 : 0,
  version === 0 ? 1 : 0,
  propensity,
]

/** Sorts as the SQL does: by the key's parts, false before true. A control group of several chances in a version is a cell for each. */
function cellKeys(seen: readonly ExposureRow[]): (row: ExposureRow) => string {
  const versionOf = ({ experience, version }: ExposureRow) => `${experience} ${version}`
  const left = seen.filter(({ control }) => control)
  const isUneven = (row: ExposureRow) =>
    row.control && left.some(one => versionOf(one) === versionOf(row) && one.propensity !== row.propensity)
  return row => {
    const { experience, touchpoint, version, control, variant, propensity } = row
    const chance = isUneven(row) ? propensity : ''
    return [experience, touchpoint, version, control ? 1 : 0, control ? '' : variant, chance].join(' ')
  }
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

function weekOf(at: number): string {
  const date = new Date(at)
  return dayOf(at - ((date.getUTCDay() + 6) % 7) * 86_400_000)
}

function quarterOf(at: number): string {
  const date = new Date(at)
  return dayOf(Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / 3) * 3))
}
