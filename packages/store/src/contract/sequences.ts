import { planOfNeeds } from '@espalier/core/plan'
import { type Applied, apply, type Entry } from '@espalier/core/stream'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { openMemoryStore } from '../memory/index.ts'
import type { Store } from '../port.ts'
import { alias, appear, CLAIM, type Dependencies, identify, NOON, type OpenStore, rowsOf, track } from './harness.ts'

/** One thing done to a store; its answer must be the model's. */
type Step =
  | { do: 'commit'; workspace: string; people: [who: number, message: number, row: number | null][] }
  | { do: 'ship'; maxRows: number }
  | { do: 'publish'; workspace: string; key: string; body: number | null; expected: number | null }
  | { do: 'reserve'; counters: string[]; key: string; n: number; after: number; ttl: number | null }
  | { do: 'confirm' | 'release'; counters: string[]; key: string; after: number }
  | { do: 'items'; put: string[]; remove: string[] }
  | { do: 'reopen' }

const workspace = fc.constantFrom('mine', 'yours')
const few = fc.constantFrom('a', 'b', 'c')
const counters = fc.uniqueArray(few, { minLength: 1, maxLength: 3 })
const after = fc.nat({ max: 5 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      workspace,
      people: fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 30 }), fc.option(fc.nat({ max: 5 }), { freq: 4 })), {
        minLength: 1,
        maxLength: 8,
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ship' as const), maxRows: fc.integer({ min: 1, max: 20 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      workspace,
      key: few,
      body: fc.option(fc.nat({ max: 2 })),
      expected: fc.option(fc.nat({ max: 4 }), { freq: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      counters,
      key: few,
      n: fc.integer({ min: 1, max: 3 }),
      after,
      ttl: fc.option(fc.integer({ min: 1, max: 3 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('confirm' as const, 'release' as const),
      counters,
      key: few,
      after,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('items' as const), put: fc.array(few), remove: fc.array(few) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
)

export function sequencesContract(open: OpenStore): void {
  it('R1 R3 R9 R13 any sequence of operations answers as the store in memory does', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async steps => {
        const model = openMemoryStore(dependencies())
        const opened = await open(dependencies())
        try {
          let store = opened.store
          let now = NOON
          for (const one of steps) {
            if ('after' in one) now += one.after
            if (one.do === 'reopen') store = (await opened.reopen?.()) ?? store
            else expect(await answer(store, one, now), JSON.stringify(one)).toEqual(await answer(model, one, now))
          }
          expect(await everything(store)).toEqual(await everything(model))
        } finally {
          await opened.close()
        }
      }),
      { numRuns: 25 },
    )
  })
}

function dependencies(): Dependencies {
  let ids = 0
  return { apply, newId: () => `01900000-0000-7000-8000-${(++ids).toString(16).padStart(12, '0')}` }
}

/** Who an entry is about: three people with some devices of their own and some shared. */
function entryOf([who, message, row]: [number, number, number | null]): Entry {
  const user = who % 4 === 0 ? {} : { user: `user-${who % 3}` }
  const anonymous = who % 4 === 1 ? {} : { anonymous: `device-${who % 5}` }
  const told = {
    ...user,
    ...anonymous,
    id: row === null ? `message-${message}` : `row-${row}`,
    at: message % 3 === 0 ? NOON : NOON + 40 * 86_400_000,
    received: NOON + 40 * 86_400_000,
    ...(row === null ? {} : { origin: { file: `file-${message % 2}`, row } }),
  }
  if (who % 4 === 2 && message % 5 === 0)
    return alias({ ...told, previous: `${who % 8 ? 'device' : 'user'}-${message % 3}` })
  if (message % 7 === 0) return appear(told)
  return who % 3 === 0 ? track(told) : identify(told)
}

async function answer(store: Store, step: Exclude<Step, { do: 'reopen' }>, now: number): Promise<unknown> {
  switch (step.do) {
    case 'commit': {
      const plan = planOfNeeds(0, [])
      const { workspace } = step
      const applied = await store.people.commit({ workspace, entries: step.people.map(entryOf), now: NOON, plan })
      return Promise.all(
        applied.map(async (one: Applied) => [one, await store.people.get(workspace, one.profile ?? '')]),
      )
    }
    case 'ship': {
      // Which rows share a batch is the adapter's business; that all of them arrive is not.
      const rows: unknown[] = []
      for (;;) {
        const batches = await store.outbox.claim({ ...CLAIM, maxRows: step.maxRows })
        for (const batch of batches) {
          rows.push(...rowsOf(batch).map(row => JSON.stringify([batch.table, batch.partition, row])))
          await store.outbox.settle(batch.token)
        }
        if (batches.length === 0) return rows.sort()
      }
    }
    case 'publish': {
      const body = step.body === null ? undefined : { value: step.body }
      const expected = step.expected === null ? {} : { expected: step.expected }
      return store.definitions
        .publish(step.workspace, [{ kind: 'metric', key: step.key, body }], { now: NOON, author: 'ada', ...expected })
        .catch(error => error.code)
    }
    case 'reserve': {
      const expires = step.ttl === null ? {} : { expires: now + step.ttl }
      const shares = step.counters.map(counter => ({ counter, n: step.n, limit: 5, ...expires }))
      return [await store.counters.reserve('main', step.key, shares, now), await taken(store, now)]
    }
    case 'confirm':
      return [await store.counters.confirm('main', step.key, step.counters, now), await taken(store, now)]
    case 'release':
      // Whether one that ran out is still there to be released is the adapter's business.
      await store.counters.release('main', step.key, step.counters)
      return taken(store, now)
    case 'items':
      await store.catalog.put(
        'main',
        step.put.map((id, i) => ({ id, updated: NOON + i, body: { i } })),
      )
      await store.catalog.remove('main', step.remove)
      return store.catalog.page('main', undefined, 10)
  }
}

async function taken({ counters }: Store, now: number): Promise<unknown> {
  const asked = ['a', 'b', 'c'].flatMap(counter => ['a', 'b', 'c'].map(key => ({ counter, key })))
  const used = await Promise.all(['a', 'b', 'c'].map(counter => counters.used('main', counter, now)))
  return { used, held: await counters.held('main', asked, now) }
}

async function everything(store: Store): Promise<unknown> {
  const { rows, bytes } = await store.outbox.depth()
  return {
    people: [await store.people.page('mine', undefined, 100), await store.people.page('yours', undefined, 100)],
    counts: [await store.people.count('mine'), await store.people.count('yours')],
    definitions: [await store.definitions.current('mine'), await store.definitions.current('yours')],
    outbox: { rows, bytes },
  }
}
