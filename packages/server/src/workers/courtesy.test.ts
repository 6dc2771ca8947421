import { describe, expect, it } from 'vitest'
import { Courtesy, loopUtilization } from './courtesy.ts'

/** Work of `piece` milliseconds ten times, each after a wait, on a loop of which others take a part: the share of the time that was ours. */
async function shareOf(others: number, piece: number, { waited = 0, requests = 1e6 } = {}): Promise<number> {
  let now = 1000
  let worked = 0
  let utilized = 0
  const courtesy = new Courtesy({
    clock: () => now,
    utilization: () => {
      const used = utilized
      utilized = 0
      return used
    },
    requests: () => requests,
    pause: async ms => {
      now += ms
      utilized = others
    },
  })
  for (let i = 0; i < 10; i++) {
    now += waited + piece
    worked += piece
    // What we did ourselves is no reason to step aside.
    utilized = 1
    await courtesy.giveWay(piece)
  }
  return worked / (now - 1000)
}

describe('courtesy of work in the background', () => {
  it('takes a tenth of the time where others want the loop, however long a piece is', async () => {
    for (const piece of [1, 10, 100, 2000]) expect(await shareOf(0.9, piece), `${piece} ms`).toBeCloseTo(1 / 10, 2)
  })

  it('has given way already while it waited for its turn', async () => {
    for (const piece of [10, 100]) {
      expect(await shareOf(0.9, piece, { waited: piece * 2 }), `${piece} ms`).toBeCloseTo(1 / 10, 2)
      expect(await shareOf(0.9, piece, { waited: piece * 11 }), `${piece} ms`).toBeCloseTo(1 / 12, 2)
    }
  })

  it('goes on nearly at once where nobody else does', async () => {
    for (const piece of [10, 100, 3000]) expect(await shareOf(0.1, piece), `${piece} ms`).toBeGreaterThan(0.8)
  })

  it('and where the loop is busy with what our work left to do, and hardly a request came', async () => {
    for (const requests of [0, 1]) expect(await shareOf(0.9, 100, { requests })).toBeGreaterThan(0.8)
  })

  it('sees how busy the event loop really was since it was asked', async () => {
    const utilization = loopUtilization()
    const until = performance.now() + 30
    while (performance.now() < until);
    await new Promise(resolve => setImmediate(resolve))
    expect(utilization()).toBeGreaterThan(0.5)
  })
})
