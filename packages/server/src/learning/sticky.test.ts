import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestServer, testServer } from '../testing/server.ts'
import { publishSpending, type Shopper, shop } from '../testing/spending.ts'

const DAY = 86_400_000
let now = Date.UTC(2026, 2, 10, 12)
let server: TestServer

/** What somebody was shown on one day, by the chance among all people of the draw that they keep, and what it brought. */
interface Row {
  readonly arm: string
  readonly chance: number
  readonly reward: number
}
const rows: Row[] = []
const drawn = new Map<string, Omit<Row, 'reward'>>()

const publish = (control: number) =>
  publishSpending(server, { control, policy: { kind: 'sticky-split' }, variants: ['a', 'b'] })

/** Whoever came with the first share spends ten times what others do, whatever they are shown. */
async function come(cohort: string, count: number, share: number, least: number): Promise<void> {
  const one = (i: number): Shopper => {
    const userId = `${cohort}-${i}`
    return {
      userId,
      spends: ({ control, variant }) => {
        const arm = control ? '' : variant!
        const kept = drawn.get(userId) ?? { arm, chance: control ? share : (1 - share) / 2 }
        expect(arm).toBe(kept.arm)
        drawn.set(userId, kept)
        const reward = least + (i % 5)
        rows.push({ ...kept, reward })
        return reward
      },
    }
  }
  await shop(
    server,
    Array.from({ length: count }, (_, i) => one(i)),
  )
}

beforeAll(async () => {
  server = await testServer({}, { now: () => now++ })
  await publish(0.2)
  await come('early', 240, 0.2, 100)
  now += DAY
  await publish(0.6)
  await come('early', 240, 0.2, 100)
  await come('late', 240, 0.6, 10)
  now += DAY
}, 300_000)
afterAll(() => server.stop())

/** By the definition, over all that was shown. */
function bruteForce(chances: Readonly<Record<string, number>>) {
  const weights = rows.map(({ arm, chance }) => (chances[arm] ?? 0) / chance)
  const sum = weights.reduce((all, w, i) => all + w * rows[i]!.reward, 0)
  return { ips: sum / rows.length, snips: sum / weights.reduce((all, w) => all + w, 0) }
}

describe('POST /v1/whatif on a sticky split whose control group was changed', () => {
  it('R7 counts each by the chance of the draw they keep: who came with the first share is no more and no fewer than they are', async () => {
    const targets = [
      [{ kind: 'fixed', variant: 'a' }, { a: 1 }],
      [{ kind: 'split' }, { a: 0.5, b: 0.5 }],
      [{ kind: 'control' }, { '': 1 }],
    ] as const
    for (const [policy, chances] of targets) {
      const { status, json, text } = await server.post('/v1/whatif', { experience: 'hero', policy })
      expect(status, text).toBe(200)
      expect(json.verdict, json.sentence).toBe('answered')
      const { ips, snips } = bruteForce(chances)
      expect(json.estimators.ips.value, JSON.stringify(policy)).toBeCloseTo(ips, 6)
      expect(json.estimators.snips.value).toBeCloseTo(snips, 6)
      expect(json.overlap.decisions).toBe(rows.length)
      expect(json.notes).toContain('What ran is told with its control group.')
    }
  })
})
