import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'
import type { Removed } from '@espalier/warehouse'
import { deriveKey } from '../secrets.ts'

/** How far an erasure is. */
export type ErasureStage =
  /** It was asked for, and is being done. */
  | 'requested'
  /** The person is gone: no request knows them. */
  | 'logical'
  /** Nothing of them is on any disk of ours. */
  | 'physical'

/** An erasure as it is kept. Nothing in it is personal: who it was about cannot be told from it. */
export interface ErasureRecord {
  readonly id: string
  readonly workspace: string
  /** The profile that was, a random id. */
  readonly profile: string
  readonly stage: ErasureStage
  readonly requested: number
  /** Label or id of the key that asked. */
  readonly by: string
  /** Source profiles under which rows of theirs were filed. */
  readonly sources: readonly string[]
  readonly tombstones: readonly string[]
  /** Until when late events are kept out. */
  readonly until: number
  /** Their identifiers, sealed, until no row of theirs is left in the warehouse. */
  readonly sealed?: string
  /** Rows that are, or are being, removed from the warehouse. */
  readonly rows?: Removed
  readonly logical?: Receipt<LogicalFacts>
  readonly physical?: Receipt<PhysicalFacts>
  readonly attempts: number
  /** Why the last attempt did not get through. */
  readonly error?: string
  /** Tombstones are taken away. */
  readonly unburied?: true
}

export interface LogicalFacts {
  readonly stage: 'logical'
  readonly erasure: string
  readonly workspace: string
  readonly profile: string
  /** ISO 8601. */
  readonly at: string
  readonly identifiers: number
  readonly sources: number
  /** Late events are kept out until then, ISO 8601. */
  readonly tombstonesUntil: string
}

export interface PhysicalFacts {
  readonly stage: 'physical'
  readonly erasure: string
  readonly workspace: string
  readonly profile: string
  readonly at: string
  /** SHA-256 of the receipt before. */
  readonly after: string
  /** Rows removed from the warehouse, by table. */
  readonly rows: Removed
  /** What was done beside, in order. */
  readonly steps: readonly string[]
}

/** What was done, with the SHA-256 (hex) of its JSON, so that a copy proves itself. */
export interface Receipt<F> {
  readonly facts: F
  readonly sha256: string
}

export function receiptOf<F>(facts: F): Receipt<F> {
  return { facts, sha256: hash('sha256', JSON.stringify(facts), 'hex') }
}

/** Identifiers that unfinished work needs, so that no file holds them as they are (AES-256-GCM under the master secret). */
export function seal(masterSecret: Uint8Array, workspace: string, identifiers: readonly string[]): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', deriveKey(masterSecret, 'erasure', workspace), nonce)
  const text = Buffer.concat([cipher.update(JSON.stringify(identifiers)), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
}

export function unseal(masterSecret: Uint8Array, workspace: string, sealed: string): string[] {
  const bytes = Buffer.from(sealed, 'base64')
  const key = deriveKey(masterSecret, 'erasure', workspace)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(12, 28))
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString()) as string[]
}
