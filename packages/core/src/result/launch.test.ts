import { describe, expect, it } from 'vitest'
import type { Definition } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import type { Metric } from '../definition/metric.ts'
import { launchOf, metricAt, metricChange } from './launch.ts'

const experience = (version: number, body: Partial<Experience>, archived = false): Definition<'experience'> => ({
  kind: 'experience',
  key: 'hero',
  version,
  published: version * 100,
  author: 'ada',
  archived,
  body: { tactic: 'content', touchpoints: ['home'], variants: [{ key: 'bold', content: {} }], goal: 'bought', ...body },
})

const metric = (version: number, body: Partial<Metric>): Definition<'metric'> => ({
  kind: 'metric',
  key: 'bought',
  version,
  published: version * 100,
  author: 'ada',
  archived: false,
  body: { type: 'conversion', event: 'Order Completed', ...body },
})

describe('the launch', () => {
  it('is the first running version; drafts before it are free', () => {
    expect(
      launchOf([experience(1, { status: 'draft' }), experience(2, { status: 'draft', goal: 'other' })]),
    ).toBeUndefined()
    const launch = launchOf([experience(3, { goal: 'seen' }), experience(1, { status: 'draft' })])
    expect(launch).toMatchObject({ version: 3, at: 300, goal: 'seen', changes: [] })
    expect(launch?.since).toBeUndefined()
  })

  it('stays over pauses and changes of what is shown; what it is judged by does not change with it', () => {
    const launch = launchOf([
      experience(1, { plan: { worthwhile: 0.02 } }),
      experience(2, { status: 'paused' }),
      experience(3, { goal: 'clicked', plan: { worthwhile: 0.02, people: 900 } }),
    ])
    expect(launch).toMatchObject({ version: 1, goal: 'bought', plan: { worthwhile: 0.02 } })
    expect(launch?.changes).toEqual([
      { what: 'goal', version: 3, from: 'bought', to: 'clicked' },
      { what: 'people', version: 3, from: null, to: 900 },
    ])
    const back = launchOf([experience(1, {}), experience(2, { goal: 'clicked' }), experience(3, {})])
    expect(back?.changes).toEqual([])
  })

  it.each([
    ['ended', experience(2, { status: 'ended' }), experience(3, { goal: 'clicked' })],
    ['made a draft', experience(2, { status: 'draft' }), experience(3, { goal: 'clicked' })],
    ['archived', experience(2, {}, true), experience(3, { goal: 'clicked' })],
    [
      'given a new seed',
      experience(2, { goal: 'clicked', seed: 'two' }),
      experience(3, { goal: 'clicked', seed: 'two' }),
    ],
  ])('is a new one once it was %s', (_, second, third) => {
    const launch = launchOf([experience(1, {}), second, third])
    const start = second.body.seed === undefined ? third : second
    expect(launch).toMatchObject({ version: start.version, since: start.published, goal: 'clicked', changes: [] })
    const ended = launchOf([experience(1, {}), second, third, experience(4, { ...third.body, status: 'ended' })])
    expect(ended).toMatchObject({ version: start.version })
  })

  it('of an experience that ran without a goal it is the version that first names one', () => {
    const { goal: _, ...body } = experience(1, {}).body
    const launch = launchOf([{ ...experience(1, {}), body }, experience(2, {}), experience(3, { goal: 'clicked' })])
    expect(launch).toMatchObject({ version: 1, goal: 'bought', goalVersion: 2, goalAt: 200 })
  })
})

describe('a metric at launch', () => {
  const history = [metric(3, { event: 'Clicked' }), metric(1, {}), metric(2, { name: 'Orders' })]
  it('is the version of then, or the first where it is younger', () => {
    expect(metricAt(history, 250)?.version).toBe(2)
    expect(metricAt(history, 50)?.version).toBe(1)
    expect(metricAt([], 50)).toBeUndefined()
  })
  it('has changed when it counts otherwise, and not when it is called otherwise', () => {
    expect(metricChange(metric(1, {}), history)).toEqual({
      what: 'metric',
      version: 3,
      from: 'version 1',
      to: 'version 3',
    })
    expect(metricChange(metric(1, {}), history.slice(1))).toBeUndefined()
  })
})
