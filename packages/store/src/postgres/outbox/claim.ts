import { randomUUID } from 'node:crypto'
import type { Table } from '@espalier/core/stream'
import { CLAIM_BYTES } from '../../claimBytes.ts'
import { latestEnd } from '../../leaseTime.ts'
import type { Outbox, ShipBatch } from '../../port.ts'
import type { Database, Queries } from '../database.ts'
import { packBody, unpackBody } from './body.ts'
import { type Chunk, type Packed, pack } from './pack.ts'

export type ClaimOptions = Parameters<Outbox['claim']>[0]

interface BatchRow {
  readonly token: string
  readonly number: number
  readonly table_name: Table
  readonly partition: number
  readonly rows: number
}

/** Most outbox entries looked at to form batches in one claim: bounds its time, whatever the backlog. */
const LOOK_AT = 5000

/**
 * Claims batches: unsettled ones whose lease is over or ours, then new ones from waiting rows. Row locks that others skip
 * keep every row in one batch; reading by `id > last` would miss what commits late.
 */
export async function claim(database: Database, options: ClaimOptions): Promise<ShipBatch[]> {
  const batches = await database.transaction(async tx => {
    const again = await takeOver(tx, options)
    const made = again.length < options.maxBatches ? await makeBatches(tx, options, again.length) : []
    return [...again.sort((a, b) => a.number - b.number), ...made]
  })
  if (batches.length === 0) return []
  const bodies = await readBodies(
    database,
    batches.map(batch => batch.token),
  )
  return batches.flatMap(({ token, table_name, partition, rows }) => {
    const body = bodies.get(token)
    // No body: settled since by somebody who held it before.
    return body ? [{ token, table: table_name, partition, rows, body }] : []
  })
}

async function takeOver(tx: Queries, { now, leaseMs, holder, maxBatches }: ClaimOptions): Promise<BatchRow[]> {
  return tx.query(
    `UPDATE espalier.outbox_batches SET holder = $1, until = $2
     WHERE token IN (
       SELECT token FROM espalier.outbox_batches WHERE holder = $1 OR until <= $3 OR until > $5
       ORDER BY number LIMIT $4 FOR UPDATE SKIP LOCKED
     )
     RETURNING token, number, table_name, partition, rows`,
    [holder, now + leaseMs, now, maxBatches, latestEnd(now, leaseMs)],
    'outbox.takeOver',
  )
}

async function makeBatches(tx: Queries, options: ClaimOptions, had: number): Promise<BatchRow[]> {
  const waiting = await tx.query<Chunk>(
    `SELECT id, table_name AS table, partition, rows, bytes FROM espalier.outbox
     WHERE batch IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [LOOK_AT],
    'outbox.waiting',
  )
  const bounds = { maxRows: options.maxRows, maxBatches: options.maxBatches - had, maxBytes: CLAIM_BYTES }
  const { batches, tooLarge } = pack(waiting, bounds)
  const made: BatchRow[] = []
  for (const batch of batches) made.push(await makeBatch(tx, options, batch))
  if (tooLarge !== undefined && had + made.length < options.maxBatches) {
    // Cut it and look again: its pieces fit.
    await cut(tx, tooLarge, options.maxRows)
    made.push(...(await makeBatches(tx, options, had + made.length)))
  }
  return made
}

async function makeBatch(tx: Queries, { now, leaseMs, holder }: ClaimOptions, batch: Packed): Promise<BatchRow> {
  const token = randomUUID()
  const [row] = await tx.query<{ number: number }>(
    `INSERT INTO espalier.outbox_batches (token, table_name, partition, rows, holder, until)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING number`,
    [token, batch.table, batch.partition, batch.rows, holder, now + leaseMs],
    'outbox.newBatch',
  )
  await tx.change(
    'UPDATE espalier.outbox SET batch = $1 WHERE id = ANY ($2::bigint[])',
    [token, batch.chunks],
    'outbox.assign',
  )
  const { table, partition, rows } = batch
  return { token, number: row?.number ?? 0, table_name: table, partition, rows }
}

/** Replaces an entry with more rows than a batch may have by several, behind all marks: the shipper's batches hold more than an entry. */
async function cut(tx: Queries, id: number, maxRows: number): Promise<void> {
  const [whole] = await tx.query<{ body: Buffer }>('SELECT body FROM espalier.outbox WHERE id = $1', [id])
  const lines = whole ? (await unpackBody(whole.body)).toString().split('\n').slice(0, -1) : []
  for (let from = 0; from < lines.length; from += maxRows) {
    const some = lines.slice(from, from + maxRows)
    const body = Buffer.from(`${some.join('\n')}\n`)
    await tx.change(
      `INSERT INTO espalier.outbox (table_name, partition, rows, bytes, at, body)
       SELECT table_name, partition, $2, $3, at, $4 FROM espalier.outbox WHERE id = $1`,
      [id, some.length, body.length, await packBody(body)],
    )
  }
  await tx.change('DELETE FROM espalier.outbox WHERE id = $1', [id])
}

async function readBodies(database: Database, tokens: readonly string[]): Promise<Map<string, Uint8Array>> {
  const parts = new Map<string, Buffer[]>()
  const rows = await database.query<{ batch: string; body: Buffer }>(
    'SELECT batch, body FROM espalier.outbox WHERE batch = ANY ($1::uuid[]) ORDER BY id',
    [tokens],
    'outbox.bodies',
  )
  const bodies = await Promise.all(rows.map(row => unpackBody(row.body)))
  for (const [i, { batch }] of rows.entries()) parts.set(batch, [...(parts.get(batch) ?? []), bodies[i]!])
  return new Map([...parts].map(([token, bodies]) => [token, new Uint8Array(Buffer.concat(bodies))]))
}
