import { randomUUID } from 'node:crypto'
import { CLAIM_BYTES } from '../../claimBytes.ts'
import { type Group, groupsOf, readDirectory } from '../journal/frame.ts'
import type { Journal } from '../journal/journal.ts'
import type { Position } from '../journal/position.ts'
import { type ReadFrame, readFrames } from '../journal/reader.ts'
import { type BatchRecord, endOfLines } from './batch.ts'
import { Body, type Rooms } from './room.ts'

export interface Assigned {
  readonly record: BatchRecord
  readonly body: Body
}

interface OpenBatch {
  readonly group: Pick<Group, 'table' | 'partition'>
  readonly from: Position
  readonly skip: number
  readonly time: number
  readonly body: Body
  to: Position
  rows: number
}

/**
 * Divides the rows from `from` to `to` into batches of one table and partition, at most `maxRows` each, about `wanted` of them.
 * Answers up to where all rows are in a batch.
 */
export async function assign(
  journal: Journal,
  from: Position,
  to: Position,
  { wanted, maxRows, rooms }: { wanted: number; maxRows: number; rooms: Rooms },
): Promise<{ batches: Assigned[]; next: Position }> {
  const batches: Assigned[] = []
  let next = from
  let open = new Map<string, OpenBatch>()
  let rows = 0
  let bytes = 0
  const close = (batch: OpenBatch) => batches.push(closed(batch))
  for await (const frame of readFrames(journal, from, to)) {
    for (const group of groupsOf(frame.bytes, readDirectory(frame.bytes, frame.header).groups)) {
      addGroup(open, group, frame, { maxRows, rooms, close })
    }
    next = frame.next
    rows += frame.header.rows
    bytes += frame.header.rowBytes
    if (rows >= maxRows) {
      for (const batch of open.values()) close(batch)
      open = new Map()
      rows = 0
    }
    if (batches.length >= wanted || bytes >= CLAIM_BYTES) break
  }
  for (const batch of open.values()) close(batch)
  return { batches, next }
}

function addGroup(
  open: Map<string, OpenBatch>,
  group: Group,
  { at, next, header }: ReadFrame,
  { maxRows, rooms, close }: { maxRows: number; rooms: Rooms; close: (batch: OpenBatch) => void },
): void {
  const key = `${group.table}:${group.partition}`
  let { body } = group
  let skip = 0
  while (skip < group.rows) {
    let batch = open.get(key)
    if (!batch) {
      batch = { group, from: at, skip, time: header.time, body: new Body(rooms), to: next, rows: 0 }
      open.set(key, batch)
    }
    const taken = Math.min(group.rows - skip, maxRows - batch.rows)
    const end = taken === group.rows - skip ? body.length : endOfLines(body, taken)
    batch.body.add(body.subarray(0, end))
    batch.rows += taken
    batch.to = next
    body = body.subarray(end)
    skip += taken
    if (batch.rows < maxRows) continue
    open.delete(key)
    close(batch)
  }
}

function closed({ group, from, to, skip, time, rows, body }: OpenBatch): Assigned {
  const { table, partition } = group
  const record = { token: randomUUID(), table, partition, rows, bytes: body.bytes.length, from, to, skip, time }
  return { record, body }
}

/** The bytes of a batch again. */
export async function bodyOf(journal: Journal, record: BatchRecord, rooms: Rooms): Promise<Body> {
  const whole = new Body(rooms)
  let { skip, rows } = record
  for await (const { bytes, header } of readFrames(journal, record.from, record.to)) {
    for (const group of groupsOf(bytes, readDirectory(bytes, header).groups)) {
      if (group.table !== record.table || group.partition !== record.partition) continue
      const start = endOfLines(group.body, skip)
      const taken = Math.min(group.rows - skip, rows)
      whole.add(group.body.subarray(start, start + endOfLines(group.body.subarray(start), taken)))
      rows -= taken
      skip = 0
    }
  }
  return whole
}
