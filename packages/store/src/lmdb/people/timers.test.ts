import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Timer } from '../../port.ts'
import { keyAfterInstant, keyOf, timerKey, timerOf } from '../checkpoint/keys.ts'
import { compareTimers } from './changedTimers.ts'
import { Timers } from './timers.ts'

/** A checkpoint's table, which counts what is read of it. */
class Table {
  readonly #timers = new Map<string, number>()
  reads = 0

  write(changes: ReturnType<Timers['freeze']>): void {
    for (const [profile, { was, due }] of changes) {
      expect(this.#timers.get(profile), 'what the table had').toBe(was)
      if (due === undefined) this.#timers.delete(profile)
      else this.#timers.set(profile, due)
    }
  }

  *timers(from: Timer | { readonly after: number }): Generator<Timer> {
    const all = [...this.#timers].map(([profile, due]) => ({ profile, due })).sort(compareTimers)
    for (const timer of all) {
      if ('after' in from ? timer.due <= from.after : compareTimers(timer, from) < 0) continue
      this.reads++
      yield timer
    }
  }
}

describe('R5 timers over a table', () => {
  const profile = fc.constantFrom(...'abcdefgh')
  const due = fc.option(fc.nat({ max: 12 }), { nil: undefined })
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), profile, due }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('freeze', 'write', 'thaw', 'fail') }) },
  )
  const asked = fc.record({ now: fc.integer({ min: -1, max: 13 }), limit: fc.integer({ min: 1, max: 9 }) })

  it('are what a look at all of them says, over checkpoints that succeed and fail', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, asked), { maxLength: 50 }), steps => {
        const table = new Table()
        const timers = new Timers(table)
        const oracle = new Map<string, number>()
        let frozen: ReturnType<Timers['freeze']> | undefined
        let isWritten = false
        for (const [one, { now, limit }] of steps) {
          if (one.do === 'set') {
            const was = oracle.get(one.profile)
            if (was !== one.due) timers.set(one.profile, was, one.due)
            if (one.due === undefined) oracle.delete(one.profile)
            else oracle.set(one.profile, one.due)
          } else if (one.do === 'freeze' && !frozen) {
            frozen = timers.freeze()
            isWritten = false
          } else if (one.do === 'write' && frozen && !isWritten) {
            // Readers may see the new table before they are told.
            table.write(frozen)
            isWritten = true
          } else if (one.do === 'thaw' && frozen && isWritten) {
            timers.thaw()
            frozen = undefined
          } else if (one.do === 'fail' && frozen && !isWritten) {
            timers.unfreeze()
            frozen = undefined
          }
          const all = [...oracle].map(([profile, due]) => ({ profile, due })).sort(compareTimers)
          expect(timers.due(now, limit)).toEqual(all.filter(timer => timer.due <= now).slice(0, limit))
          expect(timers.next(-Infinity)).toBe(all[0]?.due)
          expect(timers.next(now)).toBe(all.find(timer => timer.due > now)?.due)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('R11 of many that are over, those dealt with are not passed again at each question', () => {
    const table = new Table()
    const timers = new Timers(table)
    const count = 2000
    for (let i = 0; i < count; i++) timers.set(`p-${i}`, undefined, i)
    table.write(timers.freeze())
    timers.thaw()
    for (let left = count; left > 0; left -= 50) {
      expect(timers.next(-Infinity)).toBe(count - left)
      for (const { profile, due } of timers.due(count, 50)) timers.set(profile, due, undefined)
    }
    expect(timers.due(count, 50)).toEqual([])
    expect(timers.next(-Infinity)).toBeUndefined()
    expect(table.reads).toBeLessThan(4 * count)
  })
})

it('keys of timers are in the order of the timers, within those of their workspace', () => {
  const instant = fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: 1.7e12, max: 1.9e12 }), fc.constant(0))
  const timer = fc.record({ profile: fc.stringMatching(/^[0-9a-f-]{0,36}$/), due: instant })
  fc.assert(
    fc.property(timer, timer, fc.nat(), (a, b, workspace) => {
      const key = timerKey(workspace, a.due, a.profile)
      expect(timerOf(key)).toEqual({ profile: a.profile, due: a.due + 0 })
      expect(Math.sign(key.compare(timerKey(workspace, b.due, b.profile)))).toBe(Math.sign(compareTimers(a, b)))
      expect(key.compare(keyAfterInstant(workspace, b.due)) < 0).toBe(a.due <= b.due)
      expect(key.compare(keyOf(workspace, ''))).toBe(1)
      expect(key.compare(keyOf(workspace + 1, ''))).toBe(-1)
    }),
  )
})
