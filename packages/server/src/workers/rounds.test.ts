import { describe, expect, it, vi } from 'vitest'
import { Rounds } from './rounds.ts'

const NEVER_MS = 3_600_000

/** Rounds whose work the test lets go on, one by one. */
function rounds({ rest = 0, pause = NEVER_MS }: { rest?: number; pause?: number } = {}) {
  const begun: { end: () => void; fail: (error: Error) => void }[] = []
  const failed = vi.fn()
  const all = new Rounds({
    work: () => new Promise<void>((end, fail) => begun.push({ end, fail })),
    rest: () => rest,
    pause: () => pause,
    failed,
  })
  return { all, begun, failed, until: (n: number) => vi.waitFor(() => expect(begun).toHaveLength(n)) }
}

describe('rounds', () => {
  it('begins at once and rests until it is nudged', async () => {
    const { all, begun, until } = rounds()
    all.start()
    all.start()
    expect(begun).toHaveLength(1)
    begun[0]!.end()
    await Promise.resolve()
    all.nudge()
    await until(2)
    begun[1]!.end()
    await all.stop()
    expect(begun).toHaveLength(2)
  })

  it('forgets no nudge that comes while a round is under way: it may have looked already', async () => {
    const { all, begun, until } = rounds()
    all.start()
    all.nudge()
    begun[0]!.end()
    await until(2)
    begun[1]!.end()
    await all.stop()
  })

  it('cuts no rest short for a nudge, and forgets none that came meanwhile', async () => {
    const long = rounds({ rest: NEVER_MS })
    long.all.start()
    long.begun[0]!.end()
    await new Promise(setImmediate)
    long.all.nudge()
    await new Promise(setImmediate)
    expect(long.begun).toHaveLength(1)
    await long.all.stop()

    const short = rounds({ rest: 20 })
    short.all.start()
    short.begun[0]!.end()
    await new Promise(setImmediate)
    short.all.nudge()
    await short.until(2)
    short.begun[1]!.end()
    await short.all.stop()
  })

  it('goes on without a rest where there is more to do', async () => {
    const { all, begun, until } = rounds({ pause: 0 })
    all.start()
    begun[0]!.end()
    await until(2)
    const stopped = all.stop()
    begun[1]!.end()
    await stopped
  })

  it('tells what failed and tries again; not what fails once it is stopped', async () => {
    const { all, begun, failed, until } = rounds({ pause: 0 })
    all.start()
    begun[0]!.fail(new Error('once'))
    await until(2)
    expect(failed).toHaveBeenCalledTimes(1)
    const stopped = all.stop()
    expect(all.stopped).toBe(true)
    begun[1]!.fail(new Error('closing'))
    await stopped
    expect(failed).toHaveBeenCalledTimes(1)
  })

  it('can be stopped and nudged though it never began', async () => {
    const { all, begun } = rounds()
    all.nudge()
    await all.stop()
    expect(begun).toHaveLength(0)
  })
})
