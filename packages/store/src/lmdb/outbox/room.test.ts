import { expect, it } from 'vitest'
import { Body, Rooms } from './room.ts'

const MB = 1 << 20
const lines = (bytes: number) => Buffer.alloc(bytes, 'x')

/** The room that a batch of so many bytes had, whose lines came piece by piece. */
function ship(rooms: Rooms, bytes: number): Buffer {
  const body = new Body(rooms)
  for (let at = 0; at < bytes; at += MB) body.add(lines(Math.min(MB, bytes - at)))
  expect(body.bytes.length).toBe(bytes)
  rooms.giveBack(body.room)
  return body.room
}

it('R11 large batches one after the other have the same room, whatever else was shipped before', () => {
  const rooms = new Rooms()
  // Two at once, so that there are two rooms of each size up to theirs.
  const [one, other] = [new Body(rooms), new Body(rooms)]
  for (let n = 0; n < 5; n++) for (const body of [one, other]) body.add(lines(MB))
  for (const body of [one, other]) rooms.giveBack(body.room)
  const first = ship(rooms, 12 * MB)
  expect(first.length).toBe(16 * MB)
  // Not `toBe`: to say how two rooms of so many bytes differ would take minutes.
  for (let n = 0; n < 5; n++) expect(ship(rooms, (9 + n) * MB) === first).toBe(true)
})

it('two at once never have one room', () => {
  const rooms = new Rooms()
  ship(rooms, 3 * MB)
  const [one, other] = [new Body(rooms), new Body(rooms)]
  one.add(lines(10))
  other.add(lines(20))
  expect(one.room === other.room).toBe(false)
})
