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
    token[0] = FORMAT
    writeUuid(answer.requestId)
    token[17] = (answer.control ? CONTROL : 0) | (answer.holdout ? HOLDOUT : 0) | (answer.remember ? REMEMBER : 0)
    token.writeDoubleBE(answer.propensity, 18)
    token.writeUInt32BE(answer.version, 26)
    let at = writeText(HEAD_BYTES, answer.touchpoint)
    at = writeText(at, answer.experience)
    at = writeText(at, answer.variant)
    this.#keyOf(workspace).write(token, at, token, at, MAC_BYTES)
    return token.toString('base64url', 0, at + MAC_BYTES)
  }

  /** What the id stands for; undefined when this workspace did not make it. */
  verify(workspace: string, id: unknown): ExposedAnswer | undefined {
    if (typeof id !== 'string' || id.length > 1200) return undefined
    const token = Buffer.from(id, 'base64url')
    const size = token.length - MAC_BYTES
    if (size < HEAD_BYTES + 3 || token[0] !== FORMAT) return undefined
    const mac = this.#keyOf(workspace).of(token.subarray(0, size)).subarray(0, MAC_BYTES)
    if (!timingSafeEqual(mac, token.subarray(size))) return undefined
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

  #keyOf(workspace: string): Hmac {
    let key = this.#keys.get(workspace)
    if (key === undefined) {
      key = new Hmac(deriveKey(this.#masterSecret, 'decision', workspace))
      this.#keys.set(workspace, key)
    }
    return key
  }
}

/** Where ids are put together. Texts are keys of definitions: ASCII, and at most 255 characters. */
const token = Buffer.alloc(HEAD_BYTES + 3 * 256 + MAC_BYTES)

function writeText(at: number, text: string): number {
  const { length } = text
  token[at] = length
  for (let i = 0; i < length; i++) token[at + 1 + i] = text.charCodeAt(i)
  return at + 1 + length
}

const HYPHEN = 0x2d

/** The request that the token holds. */
let written = ''

/** 16 bytes after the format; a request has many answers. */
function writeUuid(uuid: string): void {
  if (uuid === written) return
  written = uuid
  let at = 1
  for (let i = 0; at < 17; i += 2) {
    if (uuid.charCodeAt(i) === HYPHEN) i++
    token[at++] = (digit(uuid.charCodeAt(i)) << 4) | digit(uuid.charCodeAt(i + 1))
  }
}

/** The value of a hexadecimal digit, 0 to 9 or a to f. */
function digit(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57
}
