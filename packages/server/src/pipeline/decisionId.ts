import { timingSafeEqual } from 'node:crypto'
import type { ExposedAnswer } from '@espalier/core/stream'
import { deriveKey, Hmac } from '../secrets.ts'

const FORMAT = 1
const MAC_BYTES = 16
/** format, request id, flags, propensity, version: before the three texts. */
const HEAD_BYTES = 1 + 16 + 1 + 8 + 4
const CONTROL = 1
const HOLDOUT = 2
const REMEMBER = 4
const UUID_PARTS = [
  [0, 8],
  [9, 13],
  [14, 18],
  [19, 23],
  [24, 36],
] as const

/**
 * Decision ids: what was answered, signed, so that an exposure needs no lookup and nobody can invent one. Layout: the
 * answer's fields in binary, then HMAC-SHA256 truncated to 128 bits under the workspace's key, all in base64url.
 */
export class DecisionIds {
  readonly #masterSecret: Uint8Array
  readonly #keys = new Map<string, Hmac>()

  constructor(masterSecret: Uint8Array) {
    this.#masterSecret = masterSecret
  }

  sign(workspace: string, answer: ExposedAnswer): string {
    const { requestId, touchpoint, experience, variant } = answer
    // Keys of definitions are ASCII: a character is a byte.
    const size = HEAD_BYTES + 3 + touchpoint.length + experience.length + variant.length
    const token = Buffer.allocUnsafe(size + MAC_BYTES)
    token[0] = FORMAT
    let at = 1
    for (const [from, to] of UUID_PARTS) at += token.write(requestId.slice(from, to), at, 'hex')
    token[17] = (answer.control ? CONTROL : 0) | (answer.holdout ? HOLDOUT : 0) | (answer.remember ? REMEMBER : 0)
    token.writeDoubleBE(answer.propensity, 18)
    token.writeUInt32BE(answer.version, 26)
    at = writeText(token, HEAD_BYTES, touchpoint)
    at = writeText(token, at, experience)
    writeText(token, at, variant)
    token.set(this.#mac(workspace, token.subarray(0, size)), size)
    return token.toString('base64url')
  }

  /** What the id stands for; undefined when this workspace did not make it. */
  verify(workspace: string, id: unknown): ExposedAnswer | undefined {
    if (typeof id !== 'string' || id.length > 1200) return undefined
    const token = Buffer.from(id, 'base64url')
    const size = token.length - MAC_BYTES
    if (size < HEAD_BYTES + 3 || token[0] !== FORMAT) return undefined
    if (!timingSafeEqual(this.#mac(workspace, token.subarray(0, size)), token.subarray(size))) return undefined
    const hex = token.toString('hex', 1, 17)
    const requestId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    let at = HEAD_BYTES
    const text = () => {
      const from = at + 1
      at = from + token[at]!
      return token.toString('latin1', from, at)
    }
    return {
      requestId,
      touchpoint: text(),
      experience: text(),
      variant: text(),
      version: token.readUInt32BE(26),
      control: (token[17]! & CONTROL) !== 0,
      holdout: (token[17]! & HOLDOUT) !== 0,
      propensity: token.readDoubleBE(18),
      ...((token[17]! & REMEMBER) === 0 ? {} : { remember: true as const }),
    }
  }

  #mac(workspace: string, bytes: Buffer): Buffer {
    let key = this.#keys.get(workspace)
    if (key === undefined) {
      key = new Hmac(deriveKey(this.#masterSecret, 'decision', workspace))
      this.#keys.set(workspace, key)
    }
    return key.of(bytes).subarray(0, MAC_BYTES)
  }
}

function writeText(token: Buffer, at: number, text: string): number {
  token[at] = text.length
  return at + 1 + token.write(text, at + 1, 'latin1')
}
