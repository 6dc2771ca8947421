import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NOON, temporaryFolder } from '../testing.ts'
import { bloomAdd, bloomHas, bloomWords } from './bloom.js'
import { Dedup } from './dedup.ts'
import { hash64, hashed } from './hash.ts'
import { IdTable } from './idTable.ts'
import { Run, type RunEntry } from './run.ts'
import { mergeRuns, writeRun } from './runWriter.js'
import { forgotten, mergeable } from './tiers.ts'

const KEY = { a: 12345, b: -67890 }

let directory: string
let remove: () => Promise<void>
beforeEach(async () => {
  const folder = await temporaryFolder()
  directory = folder.path
  remove = folder.remove
})
afterEach(() => remove())

function remember(dedup: Dedup, id: string): boolean {
  if (dedup.has(id)) return true
  dedup.add(hashed.hi, hashed.lo, NOON)
  return false
}

type Step = { do: 'ids'; ids: number[] } | { do: 'flush' | 'fail' | 'merge' | 'restart' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('ids' as const), ids: fc.array(fc.nat({ max: 400 }), { maxLength: 120 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('fail' as const, 'merge' as const, 'restart' as const) }) },
)

describe('R3 remembered ids', () => {
  it('answer as a set does, over flushes, failed ones, merges and restarts', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
        let dedup = new Dedup(KEY, [])
        const oracle = new Set<string>()
        let unflushed: string[] = []
        const freeze = async () => {
          const frozen = dedup.freeze()
          if (!frozen) return undefined
          const file = `${run++}.run`
          await writeRun(join(directory, file), frozen.table.ids(), frozen)
          return Run.open(directory, file)
        }
        for (const one of steps) {
          if (one.do === 'ids') {
            for (const id of one.ids.map(n => `id-${n}`)) {
              expect(remember(dedup, id)).toBe(oracle.has(id))
              if (!oracle.has(id)) unflushed.push(id)
              oracle.add(id)
            }
          } else if (one.do === 'flush') {
            const flushed = await freeze()
            if (flushed) dedup.thaw(flushed)
            unflushed = []
          } else if (one.do === 'fail') {
            const lost = await freeze()
            for (const id of ['while-frozen']) {
              expect(remember(dedup, id)).toBe(oracle.has(id))
              if (!oracle.has(id)) unflushed.push(id)
              oracle.add(id)
            }
            dedup.unfreeze()
            await lost?.close()
          } else if (one.do === 'merge' && dedup.runs.length > 1) {
            const file = `${run++}.run`
            await mergeRuns(
              join(directory, file),
              dedup.runs.map(({ entry }) => join(directory, entry.file)),
            )
            for (const old of dedup.runs) await old.close()
            dedup.runs = [await Run.open(directory, file)]
          } else if (one.do === 'restart') {
            for (const old of dedup.runs) await old.close()
            const runs: Run[] = []
            for (const { entry } of dedup.runs) runs.push(await Run.open(directory, entry.file))
            dedup = new Dedup(KEY, runs)
            // What the journal repeats.
            for (const id of unflushed) remember(dedup, id)
          }
          expect(dedup.size).toBe(oracle.size)
        }
        for (const id of oracle) expect(dedup.has(id)).toBe(true)
        for (let n = 0; n < 400; n++) expect(dedup.has(`other-${n}`)).toBe(false)
        for (const old of dedup.runs) await old.close()
      }),
      { numRuns: 60 },
    )
  })

  it('are found in a run of many blocks, and others are not', async () => {
    const table = new IdTable()
    for (let i = 0; i < 50_000; i++) {
      hash64(`message-${i}`, KEY)
      table.add(hashed.hi, hashed.lo)
    }
    await writeRun(join(directory, 'a.run'), table.ids(), { earliest: 1, latest: 2 })
    const run = await Run.open(directory, 'a.run')
    expect(run.entry).toEqual({ file: 'a.run', ids: 50_000, earliest: 1, latest: 2 })
    const has = (id: string) => {
      hash64(id, KEY)
      return run.has(hashed.hi, hashed.lo)
    }
    for (let i = 0; i < 50_000; i += 7) expect(has(`message-${i}`)).toBe(true)
    for (let i = 0; i < 20_000; i++) expect(has(`another-${i}`)).toBe(false)
    await run.close()
  })

  it('damage to a run file is noticed', async () => {
    const table = new IdTable()
    for (let i = 1; i < 2000; i++) table.add(i, i)
    const path = join(directory, 'a.run')
    await writeRun(path, table.ids(), { earliest: 1, latest: 2 })
    const bytes = await readFile(path)
    for (const at of [3, 9, bytes.length - 1]) {
      const broken = Buffer.from(bytes)
      broken[at]! ^= 1
      await writeFile(path, broken)
      await expect(Run.open(directory, 'a.run')).rejects.toMatchObject({ code: 'corrupt' })
    }
    await writeFile(path, bytes.subarray(0, -8))
    await expect(Run.open(directory, 'a.run')).rejects.toMatchObject({ code: 'corrupt' })
    await rm(path)
    await expect(Run.open(directory, 'a.run')).rejects.toMatchObject({ code: 'corrupt' })
  })

  it('survive hashes that differ in one half only, and that are zero', () => {
    const table = new IdTable()
    const ids = [0, 1, 2, 0xffffffff].flatMap(hi => [1, 2, 3, 0xffffffff].map(lo => [hi, lo] as const))
    for (const [hi, lo] of ids) expect(table.add(hi, lo)).toBe(true)
    for (const [hi, lo] of ids) expect(table.add(hi, lo)).toBe(false)
    expect(table.size).toBe(16)
  })
})

describe('hashes', () => {
  it('use all 64 bits: neighbouring ids collide in neither half more than chance has it', () => {
    const n = 100_000
    const his = new Set<number>()
    const los = new Set<number>()
    for (let i = 0; i < n; i++) {
      hash64(`01900000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`, KEY)
      his.add(hashed.hi)
      los.add(hashed.lo)
    }
    // n^2 / 2^33 = 1.16 are expected to collide.
    expect(n - his.size).toBeLessThan(10)
    expect(n - los.size).toBeLessThan(10)
  })

  it('differ by key, by order and by length', () => {
    const of = (text: string, key = KEY) => {
      hash64(text, key)
      return `${hashed.hi}:${hashed.lo}`
    }
    expect(of('abc')).not.toBe(of('abc', { a: 1, b: 2 }))
    expect(new Set(['ab', 'ba', 'a', 'a\0', 'a\0\0', '', '\0', 'aab', 'aba'].map(text => of(text))).size).toBe(9)
  })

  it('are what run files hold: a change of the function needs a new folder format', () => {
    hash64('01900000-0000-7000-8000-000000000001', KEY)
    expect([hashed.hi, hashed.lo]).toMatchInlineSnapshot(`
      [
        3087972969,
        142417168,
      ]
    `)
  })
})

it('the filter has no false noes and about 0.6 % false yeses', () => {
  const words = new Uint32Array(bloomWords(20_000))
  const at = (i: number) => hash64(`id-${i}`, KEY)
  for (let i = 0; i < 20_000; i++) {
    at(i)
    bloomAdd(words, hashed.hi, hashed.lo)
  }
  let wrong = 0
  for (let i = 0; i < 40_000; i++) {
    at(i)
    const has = bloomHas(words, hashed.hi, hashed.lo)
    if (i < 20_000) expect(has).toBe(true)
    else if (has) wrong++
  }
  expect(wrong / 20_000).toBeLessThan(0.012)
})

describe('tiers', () => {
  const run = (ids: number, earliest = 0, latest = earliest): RunEntry => ({ file: `${ids}`, ids, earliest, latest })

  it('merge neighbours of one size, never beyond a day or 32 million', () => {
    expect(mergeable([run(10), run(10), run(10)])).toEqual([])
    const small = [run(10), run(4000), run(1), run(300)]
    expect(mergeable([run(100_000), ...small])).toEqual(small)
    expect(mergeable([run(10), run(10), run(100_000), run(10), run(10)])).toEqual([])
    expect(mergeable([run(9e6), run(9e6), run(9e6), run(9e6)])).toEqual([])
    expect(mergeable([run(10, 0), run(10, 1), run(10, 2), run(10, 86_400_003)])).toEqual([])
  })

  it('R3 R11 stay few however many are flushed', () => {
    let runs: RunEntry[] = []
    let most = 0
    for (let i = 0; i < 3000; i++) {
      runs.push(run(5000 + (i % 7) * 1000, i, i))
      for (let parts = mergeable(runs); parts.length > 0; parts = mergeable(runs)) {
        const at = runs.indexOf(parts[0]!)
        const merged = run(
          parts.reduce((sum, part) => sum + part.ids, 0),
          parts[0]!.earliest,
          parts.at(-1)!.latest,
        )
        runs = [...runs.slice(0, at), merged, ...runs.slice(at + parts.length)]
      }
      most = Math.max(most, runs.length)
    }
    expect(most).toBeLessThan(30)
  })

  it('R3 forget what is both beyond the horizon, and nothing sooner', () => {
    const horizon = { ageMs: 100, ids: 1000 }
    const old = run(10, 0, 50)
    const young = run(10, 60, 200)
    expect(forgotten([old, young], horizon)).toEqual([old])
    expect(forgotten([run(10, 0, 100), young], horizon)).toEqual([])
    const many = [run(600, 190, 191), run(600, 192, 193), run(600, 194, 200)]
    expect(forgotten(many, horizon)).toEqual([many[0]])
    expect(forgotten([], horizon)).toEqual([])
  })
})
