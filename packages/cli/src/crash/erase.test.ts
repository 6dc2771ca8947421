import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { random } from '@espalier/core/random'
import { filesWith } from '@espalier/testkit/files'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../testing/shell.ts'
import { Program, SECRET_KEY, WRITE_KEY } from './program.ts'

const KILLS = Number(process.env.ESPALIER_CRASHES ?? 2)
const SEED = process.env.ESPALIER_SEED ?? '20261122'
const built = existsSync(fileURLToPath(new URL('../../dist/main.js', import.meta.url)))

describe.runIf(built)('R8 kill -9 in the midst of erasures', () => {
  it(`they are finished after the start, ${KILLS} times, seed ${SEED}`, {
    timeout: 240_000 + KILLS * 15_000,
  }, async () => {
    const data = temporaryFolder()
    const program = new Program(['--data', data])
    const rng = random(`erase ${SEED}`)
    const call = async (method: string, path: string, key: string, body?: object) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const answer = await fetch(program.url + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true)
      return (await answer.json()) as { id: string; erasures: { id: string; stage: string }[] }
    }
    const markOf = (person: string) => `marzipan-${person}`
    const gone: string[] = []
    const ids: string[] = []
    for (let crash = 0; crash < KILLS; crash++) {
      await program.start()
      const [one, other] = [`gone${crash}`, `kept${crash}`]
      const batch = [one, other].flatMap(userId => [
        { type: 'identify', userId, traits: { note: markOf(userId) } },
        { type: 'track', userId, event: 'Seen', properties: { note: markOf(userId) } },
      ])
      await call('POST', '/v1/batch', WRITE_KEY, { batch })
      // With its rows in the warehouse, or still on their way.
      if (rng.integer(2) === 0) await call('GET', '/v1/summary', SECRET_KEY)
      ids.push((await call('DELETE', `/v1/profiles/userId:${one}`, SECRET_KEY)).id)
      gone.push(one)
      await new Promise(resolve => setTimeout(resolve, rng.integer(400)))
      await program.kill()
    }
    await program.start()
    await vi.waitFor(
      async () => {
        const { erasures } = await call('GET', '/v1/erasures', SECRET_KEY)
        expect(erasures.map(({ id, stage }) => [id, stage])).toEqual(ids.map(id => [id, 'physical']))
      },
      { timeout: 120_000, interval: 100 },
    )
    await program.stop()
    expect(await filesWith(data, gone.map(markOf))).toEqual([])
    expect(await filesWith(data, [markOf('kept0')])).not.toEqual([])
  })
})
