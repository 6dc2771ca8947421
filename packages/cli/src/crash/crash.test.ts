import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Random, random } from '@espalier/core/random'
import { startPostgres, type TestPostgres } from '@espalier/testkit/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../testing/shell.ts'
import { Program, SECRET_KEY } from './program.ts'
import { Traffic } from './traffic.ts'

/** `npm run test:crash` asks for 50; the tests of every day for fewer. Where a kill falls differs from run to run, whatever the seed. */
const KILLS = Number(process.env.ESPALIER_CRASHES ?? 2)
const SEED = process.env.ESPALIER_SEED ?? '20261122'
const PEOPLE = 100
const built = existsSync(fileURLToPath(new URL('../../dist/main.js', import.meta.url)))

// Side by side: on PostgreSQL the lease of what a dead process had claimed is waited for.
describe.runIf(built)('R2 R3 kill -9 at random points under load', { concurrent: true }, () => {
  it(`embedded, ${KILLS} times, seed ${SEED}`, { timeout: 240_000 + KILLS * 15_000 }, async () => {
    await crashes(['--data', temporaryFolder()], random(`embedded ${SEED}`))
  })

  describe('PostgreSQL', () => {
    let postgres: TestPostgres
    beforeAll(async () => {
      postgres = await startPostgres({ durable: true })
    })
    afterAll(() => postgres.stop())

    it(`${KILLS} times, seed ${SEED}`, { timeout: 240_000 + KILLS * 15_000 }, async () => {
      await crashes(['--data', temporaryFolder(), '--store', await postgres.database()], random(`postgres ${SEED}`))
    })
  })
})

/** Nothing acknowledged is lost, nothing is there twice, and profiles and warehouse hold the same. */
async function crashes(args: readonly string[], rng: Random): Promise<void> {
  const program = new Program(args)
  const traffic = new Traffic(program, rng, PEOPLE)
  let least = 0
  for (let crash = 0; crash < KILLS; crash++) {
    await program.start()
    const running = traffic.run(4)
    // The last comes when much is there to be lost.
    const more = rng.integer(600) + (crash === KILLS - 1 ? 200 : 0)
    await traffic.reached(more)
    least += more
    await program.kill()
    await running
  }
  await program.start()
  try {
    await check(program, traffic)
    expect(traffic.acknowledged.size, 'it was under load').toBeGreaterThanOrEqual(least)
  } finally {
    await program.stop()
  }
}

async function check(program: Program, traffic: Traffic): Promise<void> {
  const get = async (path: string) => {
    const response = await fetch(program.url + path, { headers: { authorization: `Bearer ${SECRET_KEY}` } })
    return (await response.json()) as Record<string, unknown>
  }
  // Each asking waits some seconds for the outbox; what the dead process had claimed is free again when its lease ends.
  let summary: { complete: boolean; totals: { events: number } }
  do summary = (await get('/v1/summary')) as typeof summary
  while (!summary.complete)
  const stored: string[] = []
  for (let person = 0; person < PEOPLE; person++) {
    const { profile } = (await get(`/v1/profiles/userId:u${person}`)) as { profile?: { events: number } }
    const { events } = (await get(`/v1/profiles/userId:u${person}/events?limit=1000`)) as {
      events?: { messageId: string }[]
    }
    const ids = (events ?? []).map(event => event.messageId)
    expect(profile?.events ?? 0, `what the profile of u${person} counts`).toBe(ids.length)
    for (const id of ids) {
      const owner = traffic.acknowledged.get(id)
      if (owner === undefined) expect(traffic.unanswered, `${id} was sent`).toContain(id)
      else expect(owner, `${id} is its sender's`).toBe(`u${person}`)
    }
    stored.push(...ids)
  }
  const distinct = new Set(stored)
  expect(stored.length, 'nothing is there twice').toBe(distinct.size)
  expect(
    [...traffic.acknowledged.keys()].filter(id => !distinct.has(id)),
    'acknowledged and lost',
  ).toEqual([])
  expect(summary.totals.events, 'what the warehouse counts').toBe(stored.length)
}
