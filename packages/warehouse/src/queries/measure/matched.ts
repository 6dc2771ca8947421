import { ANY_EVENT, type Metric } from '@espalier/core/definition'
import type { Binder } from '../../sql/params.ts'
import { conditionsSql } from '../conditions.ts'
import type { Layers } from './layers.ts'

/** What people did themselves: not that they were shown something, nor what the engine noted of them. */
export const OWN_DOING = "e.type IN ('track', 'page', 'screen') AND e.name != 'Exposure'"

/** Whether an event is one of this name (or any), and the conditions hold for it. */
export function matchedSql(
  name: string,
  where: NonNullable<Metric['where']>,
  { binder, events, needs }: Pick<Layers, 'binder' | 'events' | 'needs'>,
): string {
  const holds = where.length === 0 ? '' : ` AND (${conditionsSql('e.properties', where, binder)})`
  if (name === ANY_EVENT) {
    // With their sessions events of any name are read.
    needs.sessions = true
    return `(${OWN_DOING}${holds})`
  }
  events.add(name)
  return `(e.name = ${binder.bind('String', name)}${holds})`
}

/** Of a count of several events: whether a row is one of them, and its points. */
export function pointsOfEvents(metric: Metric, layers: Layers): { main: string; value: string } {
  const { row, binder } = layers
  const own = row.name(matchedSql(metric.event, metric.where ?? [], layers))
  const others = (metric.others ?? []).map(({ event, where = [], points }) => ({
    is: row.name(matchedSql(event, where, layers)),
    points: binder.bind('Float64', points),
  }))
  const cases = others.map(({ is, points }) => `${is}, ${points}`)
  return {
    main: row.name(`(${[own, ...others.map(({ is }) => is)].join(' OR ')})`),
    value: row.name(`multiIf(${own}, 1.0, ${cases.join(', ')}, 0.0)`),
  }
}

/** The points of the first band an amount lies in; the amount itself where there are no bands. */
export function pointsOfAmount(bands: Metric['bands'], amount: string, binder: Pick<Binder, 'bind'>): string {
  if (bands === undefined) return amount
  const cases = bands.map(({ from, to, points }) => {
    const within = [
      ...(from === undefined ? [] : [`${amount} >= ${binder.bind('Float64', from)}`]),
      ...(to === undefined ? [] : [`${amount} <= ${binder.bind('Float64', to)}`]),
    ]
    return `${within.length === 0 ? '1' : within.join(' AND ')}, ${binder.bind('Float64', points)}`
  })
  return `multiIf(isNull(${amount}), NULL, ${cases.join(', ')}, 0.0)`
}

/** Seconds between the first and the last event of each session, added up. `when`: which events count. */
export const secondsSql = (when: string) =>
  `((arraySum(maxMapIf([session], [t], session != 0 AND ${when}).2) - arraySum(minMapIf([session], [t], session != 0 AND ${when}).2)) / 1000)`
