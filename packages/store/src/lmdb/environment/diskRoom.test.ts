import { expect, it } from 'vitest'
import { DiskRoom, writeError } from './diskRoom.ts'

const path = '/data'

it('R2 the last of the disk is kept for what makes room', async () => {
  let disk = { free: 2 ** 30, total: 2 ** 40 }
  let now = 0
  const room = new DiskRoom(
    path,
    async () => disk,
    () => now,
  )
  await room.ensure()
  disk = { free: 60 << 20, total: 2 ** 40 }
  await room.ensure()
  now += 200
  await expect(room.ensure()).rejects.toMatchObject({ code: 'full' })
  await expect(room.ensure()).rejects.toMatchObject({ code: 'full' })
  disk = { free: 60 << 20, total: 2 ** 30 }
  now += 200
  await room.ensure()
})

it('a write that was cut short is told as no room where there is none', async () => {
  const disk = (free: number) => async () => ({ free, total: 2 ** 30 })
  const cutShort = () => Object.assign(new Error('Input/output error'), { code: 5 })
  expect(await writeError(cutShort(), path, disk(4096))).toMatchObject({ code: 'full' })
  expect(await writeError(cutShort(), path, disk(2 ** 29))).toMatchObject({ code: 'unavailable' })
  expect(await writeError(Object.assign(new Error('full'), { code: 28 }), path)).toMatchObject({ code: 'full' })
})
