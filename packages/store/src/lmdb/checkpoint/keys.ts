import { createHash } from 'node:crypto'

/** LMDB takes keys up to 1978 bytes. */
const LONGEST = 1900
const KEPT = 1024

/** Key of something of a workspace: its number (4 bytes, so that a workspace's keys are together) and the text. */
export function keyOf(workspace: number, text: string): Buffer {
  const key = Buffer.allocUnsafe(4 + text.length * 3)
  key.writeUInt32BE(workspace)
  const length = 4 + key.write(text, 4)
  if (length <= LONGEST) return key.subarray(0, length)
  const digest = createHash('sha256').update(text).digest()
  return Buffer.concat([key.subarray(0, KEPT), digest])
}

export function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8', 4)
}
