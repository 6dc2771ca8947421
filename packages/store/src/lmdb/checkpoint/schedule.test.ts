import { afterEach, describe, expect, it, vi } from 'vitest'
import { CheckpointSchedule } from './schedule.ts'

const HOUR_MS = 3_600_000

const schedules: CheckpointSchedule[] = []
afterEach(async () => {
  for (const schedule of schedules.splice(0)) await schedule.close()
})

/** Something to write all the time, at 12 o'clock, and how often it was tried. */
function scheduled() {
  const state = { now: 12 * HOUR_MS, isFull: false, tries: 0 }
  const schedule = new CheckpointSchedule(
    { everyMs: HOUR_MS / 60, dirtyBytes: 1000, journalBytes: 1000 },
    {
      now: () => state.now,
      dirty: () => 0,
      journal: () => 0,
      last: () => ({ segment: 1, offset: state.tries }),
      end: () => ({ segment: 2, offset: 0 }),
      write: async () => {
        state.tries++
        if (state.isFull) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
      },
    },
  )
  schedules.push(schedule)
  return { schedule, state }
}

describe('a clock that is put back by hours', () => {
  it('does not keep the next checkpoint away', async () => {
    const { schedule, state } = scheduled()
    schedule.look()
    expect(state.tries).toBe(0)
    state.now -= 5 * HOUR_MS
    schedule.look()
    await vi.waitFor(() => expect(state.tries).toBe(1))
  })

  it('does not keep one that failed from being tried again, nor the store unwell', async () => {
    const { schedule, state } = scheduled()
    state.isFull = true
    await expect(schedule.run()).rejects.toMatchObject({ code: 'full' })
    expect(schedule.failure).toMatchObject({ code: 'full' })
    state.isFull = false
    state.now -= 5 * HOUR_MS
    schedule.look()
    await vi.waitFor(() => expect(schedule.failure).toBeUndefined())
  })
})
