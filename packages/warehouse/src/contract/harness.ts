import type { AnyRow, EventRow, ExposureRow, IdentityLinkRow, Table } from '@espalier/core/stream'
import { partitionOf } from '@espalier/core/stream'
import type { InsertBatch, Warehouse } from '../warehouse.ts'

/** 2026-03-10 12:00 UTC: far from the ends of its month. */
export const NOON = Date.UTC(2026, 2, 10, 12)
export const SECOND = 1_000
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

let serial = 0
/** Unique in this process: workspaces and tokens of one test never meet another's. */
export const fresh = (kind: string) => `${kind}-${process.pid}-${serial++}`

export const event = (row: Partial<EventRow> & Pick<EventRow, 'workspace'>): EventRow => ({
  profile: 'ada',
  timestamp: NOON,
  received: NOON + 20,
  index: 0,
  message_id: fresh('message'),
  type: 'track',
  name: 'Order Completed',
  user_id: '',
  anonymous_id: '',
  group_id: '',
  session_id: '',
  revenue: null,
  currency: '',
  properties: {},
  context: {},
  definitions: 0,
  ...row,
})

export const exposure = (row: Partial<ExposureRow> & Pick<ExposureRow, 'workspace'>): ExposureRow => ({
  profile: 'ada',
  timestamp: NOON,
  message_id: fresh('message'),
  request_id: 'request',
  touchpoint: 'home.hero',
  experience: 'spring',
  version: 1,
  variant: 'bold',
  control: false,
  holdout: false,
  propensity: 0.5,
  ...row,
})

export const link = (
  row: Partial<IdentityLinkRow> & Pick<IdentityLinkRow, 'workspace' | 'source' | 'canonical' | 'at'>,
): IdentityLinkRow => ({
  cause: 'merged message',
  identifier: `anonymousId:${row.source}`,
  evidence: 'userId:u',
  won: 'userId',
  bucket_key: '0123456789abcdef',
  silent: false,
  ...row,
})

export function bodyOf(rows: readonly object[]): Uint8Array {
  return Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join(''))
}

/** Batches as the outbox makes them: one partition each, in order. */
export function batchesOf(table: Table, rows: readonly AnyRow[]): InsertBatch[] {
  const byMonth = new Map<number, AnyRow[]>()
  for (const row of rows) {
    const partition = partitionOf('at' in row ? row.at : row.timestamp)
    const month = byMonth.get(partition)
    if (month === undefined) byMonth.set(partition, [row])
    else month.push(row)
  }
  return [...byMonth].map(([partition, some]) => ({
    token: fresh('token'),
    table,
    partition,
    rows: some.length,
    body: bodyOf(some),
  }))
}

export async function ship(warehouse: Warehouse, table: Table, rows: readonly AnyRow[]): Promise<void> {
  for (const batch of batchesOf(table, rows)) await warehouse.insert(batch)
}

export async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(page)
  return all
}

export async function countEvents(warehouse: Warehouse, workspace: string): Promise<number> {
  return (await warehouse.summary({ workspace })).totals.events
}
