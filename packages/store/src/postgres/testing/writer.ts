import { randomBytes } from 'node:crypto'
import { planOfNeeds } from '@espalier/core/plan'
import { apply, type Entry } from '@espalier/core/stream'
import { openPostgresStore } from '../store.ts'

/**
 * A node in a process of its own, for tests: commits the messages `<name>-<first>`, `<name>-<first + 1>`… in batches,
 * several at once, and tells each batch that was acknowledged. Ends when it has told `last`, or is killed.
 */
const [url = '', name = '', first = '0', last = '0'] = process.argv.slice(2)
const BATCH = 10
const AT_ONCE = 4

const store = await openPostgresStore({
  url,
  apply,
  newId: () => `01900000-0000-7000-8000-${randomBytes(6).toString('hex')}`,
})
let next = Number(first)
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next <= Number(last)) {
      const numbers = Array.from({ length: Math.min(BATCH, Number(last) - next + 1) }, () => next++)
      const entries = numbers.map(message)
      const batch = { workspace: 'main', entries, now: Date.now(), plan: planOfNeeds(0, []) }
      const applied = await store.people.commit(batch)
      process.send?.({ numbers, stored: applied.filter(one => one.outcome === 'stored').length })
    }
  }),
)
await store.close()
process.disconnect?.()

/** All writers are about the same few people, some of whom turn out to be one. */
function message(n: number): Entry {
  const timestamp = Date.UTC(2026, 2 + (n % 2), 1) + n
  return {
    kind: 'event',
    event: {
      type: 'track',
      messageId: `${name}-${n}`,
      ...(n % 3 === 0 ? {} : { userId: `user-${n % 7}` }),
      ...(n % 3 === 1 ? {} : { anonymousId: `device-${n % 23}` }),
      name: 'Product Viewed',
      properties: {},
      context: {},
      timestamp,
      received: timestamp,
      index: 0,
    },
  }
}
