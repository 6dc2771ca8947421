import { consentRules } from '@espalier/core/consent'
import { DEFAULT_IDENTITY } from '@espalier/core/identity'
import { planOfNeeds } from '@espalier/core/plan'
import type { Applied, Entry } from '@espalier/core/stream'
import { type CommitBatch, StoreError } from '@espalier/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Metrics } from '../metrics.ts'
import { Problem } from '../problem.ts'
import { CommitQueue, type QueueOptions } from './queue.ts'

const entry = (name: string): Entry => ({ kind: 'appearance', anonymousId: name, at: 0 })
const nameOf = (given: Entry) => (given.kind === 'appearance' ? given.anonymousId! : '')

/** A store whose commits end when the test says so. */
function slowStore(concurrency = 1) {
  const commits: { batch: CommitBatch; names: string[]; finish: (error?: unknown) => void }[] = []
  let underWay = 0
  let most = 0
  const commit = (batch: CommitBatch) =>
    new Promise<readonly Applied[]>((resolve, reject) => {
      most = Math.max(most, ++underWay)
      commits.push({
        batch,
        names: batch.entries.map(nameOf),
        finish: error => {
          underWay--
          if (error === undefined) resolve(batch.entries.map(one => ({ outcome: 'stored', profile: nameOf(one) })))
          else reject(error)
        },
      })
    })
  return {
    commits,
    most: () => most,
    store: { concurrency, people: { commit } } as unknown as QueueOptions['store'],
  }
}

function queueOn(store: QueueOptions['store'], bounds: Partial<QueueOptions> = {}) {
  const plan = planOfNeeds(0, [])
  return new CommitQueue({
    store,
    now: () => 0,
    plan: () => plan,
    consent: () => consentRules(),
    identity: () => DEFAULT_IDENTITY,
    metrics: new Metrics(),
    busyMs: () => 0,
    maxItems: 100,
    maxBytes: 1000,
    ...bounds,
  })
}

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('the commit queue', () => {
  it('R2 what arrives during a commit goes together in the next, and each is told its own outcome once durable', async () => {
    const { store, commits } = slowStore()
    const queue = queueOn(store)
    const first = queue.submit('w', [entry('a')], 1)
    const second = queue.submit('w', [entry('b'), entry('c')], 1)
    const third = queue.submit('w', [entry('d')], 1)
    expect(commits.map(one => one.names)).toEqual([['a']])
    let acknowledged = false
    void first.then(() => {
      acknowledged = true
    })
    await turn()
    expect(acknowledged).toBe(false)
    commits[0]!.finish()
    expect(await first).toEqual([{ outcome: 'stored', profile: 'a' }])
    await turn()
    expect(commits[1]!.names).toEqual(['b', 'c', 'd'])
    commits[1]!.finish()
    expect((await second).map(one => one.profile)).toEqual(['b', 'c'])
    expect((await third).map(one => one.profile)).toEqual(['d'])
  })

  it('tells who asks what share of its commit it was, without the time in which it waited, for its turn or for the disk', async () => {
    const { store, commits } = slowStore()
    let busy = 0
    const queue = queueOn(store, { busyMs: () => busy })
    const first = queue.submit('w', [entry('a')], 1)
    const spent: number[] = []
    const second = queue.submit('w', [entry('b')], 1, ms => spent.push(ms))
    const third = queue.submit('w', [entry('c'), entry('d'), entry('e')], 1)
    busy = 1000
    commits[0]!.finish()
    await first
    await turn()
    busy = 1020
    commits[1]!.finish()
    await Promise.all([second, third])
    expect(spent).toEqual([5])
  })

  it('R11 beyond the bound of items or bytes it refuses, and takes again when there is room', async () => {
    const { store, commits } = slowStore()
    const queue = queueOn(store, { maxItems: 3, maxBytes: 100 })
    const held = [queue.submit('w', [entry('a'), entry('b')], 10), queue.submit('w', [entry('c')], 10)]
    await expect(queue.submit('w', [entry('d')], 10)).rejects.toMatchObject({
      code: 'too_busy',
      details: { retryAfter: 1 },
    })
    const other = queue.submit('x', [entry('e')], 10)
    await expect(queue.submit('x', [entry('f')], 95)).rejects.toMatchObject({ code: 'too_busy' })
    for (let i = 0; i < 3; i++) {
      commits[i]!.finish()
      await turn()
    }
    await Promise.all([...held, other])
    const again = queue.submit('w', [entry('g')], 10)
    commits[3]!.finish()
    await expect(again).resolves.toHaveLength(1)
    expect(queue.waiting).toBe(0)
  })

  it('one request larger than the bound is taken when nothing waits', async () => {
    const { store, commits } = slowStore()
    const queue = queueOn(store, { maxItems: 1, maxBytes: 1 })
    const taken = queue.submit('w', [entry('a'), entry('b')], 50)
    commits[0]!.finish()
    await expect(taken).resolves.toHaveLength(2)
  })

  it('R13 workspaces take turns and are never mixed in a commit', async () => {
    const { store, commits } = slowStore()
    const queue = queueOn(store, { maxItems: 10_000 })
    const many = () => Array.from({ length: 1500 }, (_, i) => entry(`w${i}`))
    const all = [
      queue.submit('w', many(), 1),
      queue.submit('w', many(), 1),
      queue.submit('w', many(), 1),
      queue.submit('x', [entry('x1')], 1),
    ]
    for (let i = 0; i < 4; i++) {
      commits[i]!.finish()
      await turn()
    }
    await Promise.all(all)
    expect(commits.map(one => [one.batch.workspace, one.names.length])).toEqual([
      ['w', 1500],
      ['x', 1],
      ['w', 1500],
      ['w', 1500],
    ])
  })

  it('R1 R4 several commits at once have no person in common, and one person’s entries stay in order', async () => {
    const { store, commits } = slowStore(3)
    const queue = queueOn(store, { maxItems: 1000 })
    const people = Array.from({ length: 9 }, (_, i) => `person-${i}`)
    const requests = Array.from({ length: 8 }, (_, n) => people.map(name => ({ ...entry(name), at: n }) as Entry))
    const answers = requests.map(entries => queue.submit('w', entries, 1))
    expect(commits).toHaveLength(3)
    for (let from = 0; from < commits.length; from += 3) {
      const together = commits.slice(from, from + 3)
      const names = together.flatMap(one => [...new Set(one.names)])
      expect(new Set(names).size, 'in one commit only').toBe(names.length)
      for (const one of together.reverse()) one.finish()
      await turn()
    }
    for (const answer of answers) expect((await answer).map(one => one.profile)).toEqual(people)
    for (const name of people) {
      const times = commits.flatMap(({ batch }) => batch.entries.filter(one => nameOf(one) === name))
      expect(times.map(one => (one as { at: number }).at)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    }
  })

  it('a request whose parts fail in one lane is told so when all are settled', async () => {
    const { store, commits } = slowStore(2)
    const queue = queueOn(store)
    const request = queue.submit('w', ['a', 'b', 'c', 'd', 'e', 'f'].map(entry), 1)
    let settled = false
    const answer = request.catch(error => {
      settled = true
      return error
    })
    expect(commits).toHaveLength(2)
    commits[0]!.finish(new StoreError('full', 'no room'))
    await turn()
    expect(settled).toBe(false)
    expect(queue.waiting).toBe(6)
    commits[1]!.finish()
    expect(await answer).toMatchObject({ code: 'full' })
    expect(queue.waiting).toBe(0)
  })

  it('an entry that cannot be applied fails its own request only', async () => {
    const { store, commits } = slowStore()
    const queue = queueOn(store)
    const first = queue.submit('w', [entry('a')], 1)
    const good = queue.submit('w', [entry('b')], 1)
    const bad = queue.submit('w', [entry('bad')], 1).catch(error => error)
    commits[0]!.finish()
    await first
    await turn()
    commits[1]!.finish(new Error('a bug'))
    await turn()
    expect(commits.slice(2).map(one => one.names)).toEqual([['b']])
    commits[2]!.finish()
    await expect(good).resolves.toHaveLength(1)
    await turn()
    commits[3]!.finish(new Error('a bug'))
    expect(await bad).toMatchObject({ message: 'a bug' })
  })

  it('what the store refuses is refused for all, once', async () => {
    const { store, commits } = slowStore()
    const queue = queueOn(store)
    const first = queue.submit('w', [entry('a')], 1)
    const others = [queue.submit('w', [entry('b')], 1), queue.submit('w', [entry('c')], 1)]
    commits[0]!.finish()
    await first
    await turn()
    commits[1]!.finish(new StoreError('full', 'no room'))
    for (const other of others) await expect(other).rejects.toMatchObject({ code: 'full' })
    expect(commits).toHaveLength(2)
  })

  it('closing finishes what was taken and takes nothing more', async () => {
    const { store, commits } = slowStore()
    const queue = queueOn(store)
    const taken = [queue.submit('w', [entry('a')], 1), queue.submit('w', [entry('b')], 1)]
    const closed = queue.close()
    await expect(queue.submit('w', [entry('c')], 1)).rejects.toBeInstanceOf(Problem)
    commits[0]!.finish()
    await turn()
    commits[1]!.finish()
    await Promise.all([...taken, closed])
    expect(commits).toHaveLength(2)
  })

  it('whatever arrives and ends in whatever order: all are answered, in order, never more commits at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ workspace: fc.constantFrom('w', 'x', 'y'), size: fc.integer({ min: 1, max: 5 }) }), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.infiniteStream(fc.nat()),
        async (concurrency, requests, picks) => {
          const { store, commits, most } = slowStore(concurrency)
          const queue = queueOn(store, { maxItems: 1000 })
          const answers = requests.map(({ workspace, size }, i) =>
            queue.submit(
              workspace,
              Array.from({ length: size }, (_, j) => entry(`${i}/${j}`)),
              1,
            ),
          )
          const open = new Set<number>()
          for (let seen = 0; ; ) {
            while (seen < commits.length) open.add(seen++)
            if (open.size === 0) break
            const picked = [...open][picks.next().value! % open.size]!
            open.delete(picked)
            commits[picked]!.finish()
            await turn()
          }
          const seen = await Promise.all(answers)
          for (const [i, { size }] of requests.entries()) {
            expect(seen[i]!.map(one => one.profile)).toEqual(Array.from({ length: size }, (_, j) => `${i}/${j}`))
          }
          expect(most()).toBeLessThanOrEqual(concurrency)
          for (const { batch, names } of commits) {
            const workspaces = names.map(name => requests[Number(name.split('/')[0])]!.workspace)
            expect(new Set(workspaces)).toEqual(new Set([batch.workspace]))
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})
