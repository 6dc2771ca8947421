import { hash, timingSafeEqual } from 'node:crypto'
import type { ExposedAnswer } from '@espalier/core/stream'
import { deriveKey, Hmac } from '../secrets.ts'

/** 1, from before ids said whom they were given to, is read as well: what was decided then may be seen later. */
const FORMAT = 2
const MAC_BYTES = 16
/** format, request id, flags, propensity, version, and whom it was given to: before the three texts. */
const HEAD_BYTES = 1 + 16 + 1 + 8 + 4 + 16
const GIVEN_TO = HEAD_BYTES - 16
const CONTROL = 1
const HOLDOUT = 2
const REMEMBER = 4

/** An answer as it is signed: whom it was given to is known. */
export type GivenAnswer = ExposedAnswer & { readonly givenTo: string }

/**
 * Decision ids: what was answered and to whom, signed, so that an exposure needs no lookup and nobody can invent one. Layout: the
 * answer's fields in binary, then HMAC-SHA256 truncated to 128 bits under the workspace's key, all in base64url. The person is
 * enciphered, by a request's own mask: two ids tell nobody whether they are of one person (R13).
 */
export class DecisionIds {
  readonly #masterSecret: Uint8Array
  readonly #keys = new Map<string, Keys>()

  constructor(masterSecret: Uint8Array) {
    this.#masterSecret = masterSecret
  }

  sign(workspace: string, answer: GivenAnswer): string {
    token[0] = FORMAT
    const keys = this.#keysOf(workspace)
    writeRequest(keys, answer)
    token[17] = (answer.control ? CONTROL : 0) | (answer.holdout ? HOLDOUT : 0) | (answer.remember ? REMEMBER : 0)
    token.writeDoubleBE(answer.propensity, 18)
    token.writeUInt32BE(answer.version, 26)
    let at = writeText(HEAD_BYTES, answer.touchpoint)
    at = writeText(at, answer.experience)
    at = writeText(at, answer.variant)
    keys.mac.write(token, at, token, at, MAC_BYTES)
    return token.toString('base64url', 0, at + MAC_BYTES)
  }

  /** What the id stands for; undefined when this workspace did not make it. */
  verify(workspace: string, id: unknown): ExposedAnswer | undefined {
    if (typeof id !== 'string' || id.length > 1200) return undefined
    const token = Buffer.from(id, 'base64url')
    const size = token.length - MAC_BYTES
    const head = token[0] === 1 ? GIVEN_TO : HEAD_BYTES
    if (size < head + 3 || (token[0] !== 1 && token[0] !== FORMAT)) return undefined
    const keys = this.#keysOf(workspace)
    const mac = keys.mac.of(token.subarray(0, size)).subarray(0, MAC_BYTES)
    if (!timingSafeEqual(mac, token.subarray(size))) return undefined
    const requestId = uuidAt(token, 1)
    if (head === HEAD_BYTES) mask(token, keys)
    let at = head
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
      ...(head === HEAD_BYTES && { givenTo: uuidAt(token, GIVEN_TO) }),
      ...((token[17]! & REMEMBER) === 0 ? {} : { remember: true as const }),
    }
  }

  #keysOf(workspace: string): Keys {
    let keys = this.#keys.get(workspace)
    if (keys === undefined) {
      const key = (purpose: string) => deriveKey(this.#masterSecret, purpose, workspace)
      keys = { mac: new Hmac(key('decision')), mask: Buffer.concat([key('decision-person')], KEY_BYTES + 16) }
      this.#keys.set(workspace, keys)
    }
    return keys
  }
}

interface Keys {
  readonly mac: Hmac
  /** The key, and behind it the request to hash it with. */
  readonly mask: Buffer
}

const KEY_BYTES = 32

/** Where ids are put together. Texts are keys of definitions: ASCII, and at most 255 characters. */
const token = Buffer.alloc(HEAD_BYTES + 3 * 256 + MAC_BYTES)

function writeText(at: number, text: string): number {
  const { length } = text
  token[at] = length
  for (let i = 0; i < length; i++) token[at + 1 + i] = text.charCodeAt(i)
  return at + 1 + length
}

/** The request that the token holds, whom it was given to, and under whose keys. */
let request = ''
let givenTo = ''
let under: Keys | undefined

/** What all answers of a request have in common: a request has many. */
function writeRequest(keys: Keys, answer: GivenAnswer): void {
  if (answer.requestId === request && answer.givenTo === givenTo && keys === under) return
  request = answer.requestId
  givenTo = answer.givenTo
  under = keys
  writeUuid(request, 1)
  writeUuid(givenTo, GIVEN_TO)
  mask(token, keys)
}

/**
 * Enciphers and deciphers whom a token was given to, by what only its request has. Key and request always have these lengths, so a
 * hash of the two is as good as an HMAC, at half its cost.
 */
function mask(token: Buffer, { mask }: Keys): void {
  token.copy(mask, KEY_BYTES, 1, 17)
  const bytes = hash('sha256', mask, 'binary')
  for (let i = 0; i < 16; i++) token[GIVEN_TO + i]! ^= bytes.charCodeAt(i)
}

/** Where a UUID's bytes stand in its text. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]

/** The value of a hexadecimal digit by its character code. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0)

/** 16 bytes. */
function writeUuid(uuid: string, at: number): void {
  for (let i = 0; i < 16; i++) {
    const place = PLACES[i]!
    token[at + i] = (DIGITS[uuid.charCodeAt(place)]! << 4) | DIGITS[uuid.charCodeAt(place + 1)]!
  }
}

function uuidAt(token: Buffer, at: number): string {
  const hex = token.toString('hex', at, at + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
