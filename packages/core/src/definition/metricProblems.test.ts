import { describe, expect, it } from 'vitest'
import type { Metric } from './metric.ts'
import { metricProblems } from './metricProblems.ts'

const pathsOf = (metric: Metric) => metricProblems(metric).map(({ path }) => path)

describe('a metric', () => {
  it.each<[Metric, string[]]>([
    [{ type: 'conversion', event: '*' }, []],
    [{ type: 'time', event: '*', per: 'session' }, []],
    [{ type: 'count', event: 'Viewed', others: [{ event: 'Added', points: 3 }] }, []],
    [{ type: 'mean', event: 'Answered', property: 'score', bands: [{ from: 9, points: 100 }] }, []],
    [{ type: 'sum', event: '*', property: 'total' }, ['event']],
    [{ type: 'time', event: 'Home' }, ['event']],
    [{ type: 'time', event: '*', per: 'buyer' }, ['per']],
    [{ type: 'conversion', event: 'Bought', bands: [{ points: 1 }] }, ['bands']],
    [{ type: 'sum', event: 'Bought', property: 'total', others: [{ event: 'Added', points: 3 }] }, ['others']],
    [{ type: 'sum', event: 'Bought', property: 'total', currency: 'EUR', bands: [{ points: 1 }] }, ['bands']],
    [{ type: 'mean', event: 'Answered', property: 'score', bands: [{ from: 2, to: 1, points: 1 }] }, ['bands[0].to']],
    [{ type: 'count', event: 'Viewed', others: [{ event: 'Viewed', points: 3 }] }, ['others[0].event']],
    [{ type: 'count', event: 'Viewed', others: [{ event: '*', points: 3 }] }, ['others[0].event']],
  ])('%j', (metric, paths) => {
    expect(pathsOf(metric)).toEqual(paths)
  })
})
