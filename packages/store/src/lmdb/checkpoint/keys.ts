import { createHash } from 'node:crypto'
import type { Timer } from '../../port.ts'

/** LMDB takes keys up to 1978 bytes. */
const LONGEST = 1900
const KEPT = 1024
/** Most keys are shorter. */
const SHORT = 200

/** Key of something of a workspace: its number (4 bytes, so that a workspace's keys are together) and the text. */
export function keyOf(workspace: number, text: string): Buffer {
  const key = Buffer.allocUnsafe(4 + text.length * 3)
  key.writeUInt32BE(workspace)
  const length = 4 + key.write(text, 4)
  if (length <= LONGEST) return key.subarray(0, length)
  const digest = createHash('sha256').update(text).digest()
  return Buffer.concat([key.subarray(0, KEPT), digest])
}

/** Where keys to look up are written. */
const scratch = Buffer.alloc(SHORT)
/** Its first bytes, by how many: to make a view costs more than to look it up. */
const views: Buffer[] = []

/** The same for a reading, which needs no bytes of its own: valid until the next call. */
export function lookUpKey(workspace: number, text: string): Buffer {
  const length = 4 + text.length
  if (length > SHORT) return keyOf(workspace, text)
  scratch[0] = workspace >>> 24
  scratch[1] = workspace >>> 16
  scratch[2] = workspace >>> 8
  scratch[3] = workspace
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return keyOf(workspace, text)
    scratch[4 + i] = code
  }
  views[length] ??= scratch.subarray(0, length)
  return views[length]
}

/** The text of a key that is not too long for one. */
export function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8', 4)
}

/** Key of a timer of a workspace: in the order of the instants, then of the profiles. */
export function timerKey(workspace: number, due: number, profile: string): Buffer {
  return Buffer.concat([instantKey(workspace, due), Buffer.from(profile)])
}

/** After the keys of all timers of an instant. */
export function keyAfterInstant(workspace: number, due: number): Buffer {
  return Buffer.concat([instantKey(workspace, due), Buffer.of(0xff)])
}

export function timerOf(key: Uint8Array): Timer {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  const instant = Buffer.from(bytes.subarray(4, 12))
  if (instant[0]! & SIGN) instant[0]! ^= SIGN
  else for (const i of instant.keys()) instant[i]! ^= 0xff
  return { due: instant.readDoubleBE(), profile: bytes.toString('utf8', 12) }
}

const SIGN = 0x80

/** The instant's bytes are in the order of the numbers: of those below zero all bits are turned, of others the sign. */
function instantKey(workspace: number, due: number): Buffer {
  const key = Buffer.allocUnsafe(12)
  key.writeUInt32BE(workspace)
  key.writeDoubleBE(due + 0, 4)
  if (key[4]! & SIGN) for (let i = 4; i < 12; i++) key[i]! ^= 0xff
  else key[4]! ^= SIGN
  return key
}
