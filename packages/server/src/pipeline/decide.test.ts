import { apply, type Entry } from '@espalier/core/stream'
import { openMemoryStore } from '@espalier/store/memory'
import { expect, it } from 'vitest'
import { newId } from '../id.ts'
import { Metrics } from '../metrics.ts'
import { type DecideQuestion, Decider } from './decide.ts'
import { DecisionIds } from './decisionId.ts'
import { LiveDefinitions } from './definitions.ts'
import { CommitQueue } from './queue.ts'

const NOON = Date.UTC(2026, 2, 10, 12)

/** A decider on a store in memory, where one touchpoint is offered one experience. */
async function decider() {
  const now = () => NOON
  const store = openMemoryStore({ apply, newId, clock: now })
  const definitions = new LiveDefinitions(store, now)
  const body = { tactic: 'content', touchpoints: ['hero'], variants: [{ key: 'a', content: { hero: 'A' } }] }
  const changes = [
    { kind: 'settings' as const, key: 'workspace', body: { holdout: 0 } },
    { kind: 'touchpoint' as const, key: 'hero', body: { channel: 'web', default: 'default' } },
    { kind: 'experience' as const, key: 'greeting', body },
  ]
  const set = await definitions.publish('main', changes, { author: 'test' })
  const metrics = new Metrics()
  const [plan, consent, identity] = [() => set.compiled.plan, () => set.compiled.consent, () => set.compiled.identity]
  const queue = new CommitQueue({ store, now, plan, consent, identity, metrics, maxItems: 100, maxBytes: 1e6 })
  const decisionIds = new DecisionIds(new Uint8Array(32))
  const decider = new Decider({ store, queue, decisionIds, newId, now, metrics })
  const question = {
    workspace: 'main',
    set,
    touchpoints: ['hero'],
    context: {},
    bot: false,
    explain: false,
    expose: true,
  }
  return {
    commit: (entries: readonly Entry[]) => queue.submit('main', entries, 100),
    decide: (who: Pick<DecideQuestion, 'userId' | 'anonymousId'>) => decider.decide({ ...question, ...who }),
    /** The shipped rows of a table, in order. */
    async rows(table: string): Promise<{ profile: string; bucket_key: string }[]> {
      const claim = { now: NOON, leaseMs: 1, holder: 'test', maxRows: 100, maxBatches: 9 }
      const batches = (await store.outbox.claim(claim)).filter(batch => batch.table === table)
      return batches.flatMap(({ body }) =>
        Buffer.from(body)
          .toString()
          .trimEnd()
          .split('\n')
          .map(line => JSON.parse(line)),
      )
    },
  }
}

it('a decision is filed under the source of who asked, as its exposure is; decided by the person (R7)', async () => {
  const { commit, decide, rows } = await decider()
  const appearance = (who: { userId?: string; anonymousId?: string }): Entry => ({
    kind: 'appearance',
    at: NOON,
    ...who,
  })
  const [web] = await commit([appearance({ anonymousId: 'web' })])
  const [ada] = await commit([appearance({ userId: 'ada' })])
  await commit([appearance({ anonymousId: 'web', userId: 'ada' })])
  const asked = [
    { userId: undefined, anonymousId: 'web' },
    { userId: 'ada', anonymousId: 'web' },
    { userId: 'ada', anonymousId: undefined },
    { userId: undefined, anonymousId: 'stranger' },
  ]
  const answers = []
  for (const who of asked) answers.push(await decide(who))
  expect(web?.source).not.toBe(ada?.source)
  expect(answers.slice(0, 3).map(one => one.profile)).toEqual([ada, ada, ada].map(one => one?.profile))
  const sources = [web?.source, ada?.source, ada?.source, answers[3]?.profile]
  const decisions = await rows('decisions')
  expect(decisions.map(row => row.profile)).toEqual(sources)
  expect(new Set(decisions.slice(0, 3).map(row => row.bucket_key)).size).toBe(1)
  expect((await rows('exposures')).map(row => row.profile)).toEqual(sources)
})
