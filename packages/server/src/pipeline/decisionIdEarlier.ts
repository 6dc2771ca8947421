import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ExposedAnswer } from '@espalier/core/stream'
import { mask, readFlags, textsAt, uuidAt } from './decisionIdParts.ts'

const MAC_BYTES = 16
/** format, request id, flags, propensity, version, and whom it was given to: before the three texts. */
const HEAD_BYTES = 1 + 16 + 1 + 8 + 4 + 16
/** Where format 1, which does not say that, has its texts. */
const GIVEN_TO = HEAD_BYTES - 16

/** What an id of format 1 or 2 stands for: it ends with a truncated HMAC-SHA256 of the rest. Undefined where it is none. */
export function verifyEarlier(
  { earlier, mask: maskKey }: { readonly earlier: Buffer; readonly mask: Buffer },
  token: Buffer,
): ExposedAnswer | undefined {
  const size = token.length - MAC_BYTES
  const head = token[0] === 1 ? GIVEN_TO : HEAD_BYTES
  if (size < head + 3 || (token[0] !== 1 && token[0] !== 2)) return undefined
  const mac = createHmac('sha256', earlier).update(token.subarray(0, size)).digest().subarray(0, MAC_BYTES)
  if (!timingSafeEqual(mac, token.subarray(size))) return undefined
  if (head === HEAD_BYTES) mask(token, GIVEN_TO, 1, maskKey)
  return {
    requestId: uuidAt(token, 1),
    ...textsAt(token, head),
    version: token.readUInt32BE(26),
    ...readFlags(token[17]!),
    propensity: token.readDoubleBE(18),
    ...(head === HEAD_BYTES && { givenTo: uuidAt(token, GIVEN_TO) }),
  }
}
