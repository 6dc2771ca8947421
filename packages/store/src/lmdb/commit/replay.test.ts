import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { apply } from '@espalier/core/stream'
import { expect, it } from 'vitest'
import { HEADER_BYTES, readHeader } from '../journal/frame.ts'
import { SEGMENT_START, segmentName } from '../journal/segment.ts'
import { openLmdbStore } from '../store.ts'
import { idMaker, NOON, PLAN, temporaryFolder, tracked } from '../testing.ts'

/** A file with its only frame as format 1 had it, in which sources had no ids of their own. */
function asFormat1(file: Buffer, isPerson: (id: string) => boolean): Buffer {
  const { length, rowBytes } = readHeader(file, SEGMENT_START)!
  const written = file.subarray(SEGMENT_START, SEGMENT_START + length)
  const directoryAt = HEADER_BYTES + rowBytes
  const [commits, groups] = JSON.parse(written.toString('utf8', directoryAt)) as [{ ids: string[] }[], unknown]
  const earlier = commits.map(commit => ({ ...commit, ids: commit.ids.filter(isPerson) }))
  const frame = Buffer.concat([written.subarray(0, directoryAt), Buffer.from(JSON.stringify([earlier, groups]))])
  frame.writeUInt32LE(frame.length - HEADER_BYTES, 8)
  frame.writeUInt32LE(1, 12)
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4)
  return Buffer.concat([file.subarray(0, SEGMENT_START), frame])
}

it('R2 a commit of format 1, which names the ids of people alone, gives each the id that their rows were filed under', async () => {
  const { path, remove } = await temporaryFolder()
  const crashed = join(path, 'crashed')
  const store = await openLmdbStore({ path: join(path, 'data'), apply, newId: idMaker() })
  const visits = ['ada', 'bob', 'eve'].map(userId => tracked(userId, { userId, anonymousId: `of-${userId}` }))
  await store.people.commit({ workspace: 'main', entries: visits, now: NOON, plan: PLAN })
  const people = await store.people.page('main', undefined, 10)
  await cp(join(path, 'data'), crashed, { recursive: true, filter: file => !file.endsWith('lock.json') })
  await store.close()

  const ids = new Set(people.map(({ id }) => id))
  expect(ids.size).toBe(3)
  const file = join(crashed, 'journal', segmentName(1))
  await writeFile(
    file,
    asFormat1(await readFile(file), id => ids.has(id)),
  )

  const upgraded = await openLmdbStore({ path: crashed, apply, newId: idMaker(100) })
  expect((await upgraded.stats()).replayedFrames).toBe(1)
  const again = await upgraded.people.page('main', undefined, 10)
  expect(again.map(({ id, userId }) => [id, userId])).toEqual(people.map(({ id, userId }) => [id, userId]))
  await upgraded.close()
  await remove()
})
