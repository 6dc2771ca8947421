import { hash } from 'node:crypto'
import type { ExposedAnswer } from '@espalier/core/stream'
import { deriveKey, sameText } from '../secrets.ts'
import { verifyEarlier } from './decisionIdEarlier.ts'
import { flagsOf, MASK_KEY_BYTES, mask, readFlags, textsAt, uuidAt, writeUuid } from './decisionIdParts.ts'

/** Those of 1 and 2 are read as well: what was decided then may be seen later. 1 did not say whom an id was given to. */
const FORMAT = 3

/**
 * Decision ids: what was answered and to whom, signed, so that an exposure needs no lookup and nobody can invent one. In base64url,
 * one after the other:
 *
 * - 33 bytes of the request: the format, its id, and the person, enciphered by a request's own mask: two ids tell nobody whether they
 *   are of one person (R13);
 * - of the place, the same in many answers, and so kept: version, touchpoint, experience and variant, filled up to a multiple of three;
 * - 9 bytes of the draw: propensity and flags;
 * - 132 bits of a SHA-256 of the workspace's key, the request, the person, a SHA-256 of the place, and the draw. All of these have one
 *   length always, and half of the hash is kept back, so that this is as good as an HMAC and costs half of it.
 */
export class DecisionIds {
  readonly #masterSecret: Uint8Array
  readonly #keys = new Map<string, Keys>()

  constructor(masterSecret: Uint8Array) {
    this.#masterSecret = masterSecret
  }

  /** `givenTo`: the source profile of who asked. */
  sign(workspace: string, answer: ExposedAnswer, givenTo: string): string {
    const keys = this.#keysOf(workspace)
    const head = headOf(keys, answer.requestId, givenTo)
    const place = placeOf(keys.places, answer)
    const { signed } = keys
    // By numbers of four bytes: to call for copying costs more than to copy.
    for (let i = 0; i < DIGEST_NUMBERS; i++) keys.digest[i] = place.digest[i]!
    const flags = flagsOf(answer)
    signed.writeDoubleBE(answer.propensity, DRAW_AT)
    signed[DRAW_AT + 8] = flags
    // Most places have one draw for everybody.
    if (place.propensity !== answer.propensity || place.flags !== flags) {
      place.propensity = answer.propensity
      place.flags = flags
      place.tail = place.text + signed.toString('base64url', DRAW_AT)
    }
    return head + place.tail + macOf(signed)
  }

  /** What the id stands for; undefined when this workspace did not make it. */
  verify(workspace: string, id: unknown): ExposedAnswer | undefined {
    if (typeof id !== 'string' || id.length > 1200) return undefined
    const bytes = Buffer.from(id, 'base64url')
    const keys = this.#keysOf(workspace)
    return bytes[0] === FORMAT ? verified(keys, id, bytes) : verifyEarlier(keys, bytes)
  }

  #keysOf(workspace: string): Keys {
    let keys = this.#keys.get(workspace)
    if (keys === undefined) {
      const key = (purpose: string) => deriveKey(this.#masterSecret, purpose, workspace)
      // Not from a pool: the digest's numbers have to begin at a multiple of four.
      const signed = Buffer.alloc(DRAW_AT + DRAW_BYTES)
      signed.set(key('decision-id'))
      keys = {
        mask: Buffer.concat([key('decision-person')], MASK_KEY_BYTES + 16),
        signed,
        digest: new Int32Array(signed.buffer, signed.byteOffset + PLACE_AT, DIGEST_NUMBERS),
        places: new Map(),
        earlier: key('decision'),
      }
      this.#keys.set(workspace, keys)
    }
    return keys
  }
}

interface Keys {
  /** The key, and behind it the request to hash it with. */
  readonly mask: Buffer
  /** The key, and behind it what is signed with it. */
  readonly signed: Buffer
  /** The place's digest in it. */
  readonly digest: Int32Array
  /** By touchpoint, experience and variant. */
  readonly places: Map<string, Map<string, Map<string, Place>>>
  /** Of formats 1 and 2. */
  readonly earlier: Buffer
}

/** What many answers have in common. */
interface Place {
  readonly version: number
  /** As it stands in an id. */
  readonly text: string
  readonly digest: Int32Array
  /** The last draw, and place and draw as they stand in an id. */
  propensity: number
  flags: number
  tail: string
}

const KEY_BYTES = 32
const REQUEST_AT = KEY_BYTES
const PERSON_AT = REQUEST_AT + 16
const PLACE_AT = PERSON_AT + 16
const DRAW_AT = PLACE_AT + 32
const DRAW_BYTES = 9
const DIGEST_NUMBERS = 8

const HEAD_BYTES = 1 + 16 + 16
/** Characters: of 22, each has 6 bits. */
const MAC_LENGTH = 22

function macOf(signed: Buffer): string {
  return hash('sha256', signed, 'base64url').slice(0, MAC_LENGTH)
}

/** The head of the request whose answers are being signed: a request has many. */
const head = Buffer.alloc(HEAD_BYTES)
head[0] = FORMAT
let headText = ''
let headRequest = ''
let headPerson = ''
let under: Keys | undefined

/** How ids of this request begin; it and the person are in `signed` then. */
function headOf(keys: Keys, request: string, givenTo: string): string {
  if (request === headRequest && givenTo === headPerson && keys === under) return headText
  headRequest = request
  headPerson = givenTo
  under = keys
  const { signed } = keys
  writeUuid(request, signed, REQUEST_AT)
  writeUuid(givenTo, signed, PERSON_AT)
  signed.copy(head, 1, REQUEST_AT, PLACE_AT)
  mask(head, 17, 1, keys.mask)
  headText = head.toString('base64url')
  return headText
}

/** More are forgotten, all at once: definitions come and go. */
const MOST_PLACES = 10_000

function placeOf(places: Keys['places'], { touchpoint, experience, version, variant }: ExposedAnswer): Place {
  const here = within(within(places, touchpoint), experience)
  const place = here.get(variant)
  if (place?.version === version) return place
  const made = newPlace(version, [touchpoint, experience, variant])
  here.set(variant, made)
  return made
}

function within<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = maps.get(key)
  if (known !== undefined) return known
  if (maps.size >= MOST_PLACES) maps.clear()
  const made = new Map<string, V>()
  maps.set(key, made)
  return made
}

function newPlace(version: number, texts: readonly string[]): Place {
  const size = texts.reduce((sum, text) => sum + 1 + text.length, 4)
  const bytes = Buffer.alloc(Math.ceil(size / 3) * 3)
  let at = bytes.writeUInt32BE(version)
  for (const text of texts) {
    at = bytes.writeUInt8(text.length, at)
    at += bytes.write(text, at, 'latin1')
  }
  const digest = new Int32Array(new Uint8Array(hash('sha256', bytes, 'buffer')).buffer)
  return { version, text: bytes.toString('base64url'), digest, propensity: Number.NaN, flags: 0, tail: '' }
}

function verified(keys: Keys, id: string, bytes: Buffer): ExposedAnswer | undefined {
  const size = ((id.length - MAC_LENGTH) / 4) * 3
  const placeBytes = size - HEAD_BYTES - DRAW_BYTES
  if (!Number.isInteger(size) || placeBytes < 9 || bytes.length < size) return undefined
  const [placeAt, drawAt] = [HEAD_BYTES, HEAD_BYTES + placeBytes]
  mask(bytes, 17, 1, keys.mask)
  const { signed } = keys
  under = undefined
  bytes.copy(signed, REQUEST_AT, 1, HEAD_BYTES)
  hash('sha256', bytes.subarray(placeAt, drawAt), 'buffer').copy(signed, PLACE_AT)
  bytes.copy(signed, DRAW_AT, drawAt, size)
  if (!sameText(macOf(signed), id.slice(-MAC_LENGTH))) return undefined
  return {
    requestId: uuidAt(bytes, 1),
    ...textsAt(bytes, placeAt + 4),
    version: bytes.readUInt32BE(placeAt),
    propensity: bytes.readDoubleBE(drawAt),
    ...readFlags(bytes[drawAt + 8]!),
    givenTo: uuidAt(bytes, 17),
  }
}
