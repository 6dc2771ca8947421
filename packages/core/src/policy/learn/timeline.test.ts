import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inForce, PUBLISH_LEAD, publish, rollBack, type Timeline } from './timeline.ts'

const DAY = 86_400_000

describe('versions in force', () => {
  it('one published within a draw period decides from the next on', () => {
    const timeline = publish([], 1, 3.2 * DAY, DAY)
    expect(inForce(timeline, 3.9 * DAY, DAY)).toBeUndefined()
    expect(inForce(timeline, 4 * DAY, DAY)).toBe(1)
  })

  it('R4 one published too late for all nodes to know at the start waits a period more', () => {
    expect(inForce(publish([], 1, 4 * DAY - PUBLISH_LEAD - 1, DAY), 4 * DAY, DAY)).toBe(1)
    expect(inForce(publish([], 1, 4 * DAY - PUBLISH_LEAD, DAY), 4 * DAY, DAY)).toBeUndefined()
  })

  it('whatever is published, the version of the running draw period stands', () => {
    const act = fc.record({ wait: fc.integer({ min: 0, max: 2 * DAY }), ask: fc.integer({ min: 0, max: DAY - 1 }) })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100 }), acts => {
        let timeline: Timeline = []
        let now = 0
        for (const [version, { wait, ask }] of acts.entries()) {
          now += wait
          const within = Math.floor(now / DAY) * DAY + ask
          const before = inForce(timeline, within, DAY)
          timeline = publish(timeline, version, now, DAY)
          expect(inForce(timeline, within, DAY)).toBe(before)
        }
        expect(timeline.length).toBeLessThanOrEqual(50)
        expect(timeline).toEqual(timeline.toSorted((a, b) => a.from - b.from))
      }),
    )
  })

  it('an earlier version can be had back, from the next period on or at once', () => {
    const timeline = publish(publish([], 1, 0, DAY), 2, 2 * DAY, DAY)
    expect(inForce(timeline, 3 * DAY, DAY)).toBe(2)
    const later = rollBack(timeline, 1, 5.5 * DAY, DAY)
    expect([inForce(later, 5.6 * DAY, DAY), inForce(later, 6 * DAY, DAY)]).toEqual([2, 1])
    expect(inForce(rollBack(timeline, 1, 5.5 * DAY, DAY, 'this period'), 5.6 * DAY, DAY)).toBe(1)
    expect(() => rollBack(later, 7, 6 * DAY, DAY)).toThrow('version 7 is not remembered: choose one of 1, 2')
  })
})
