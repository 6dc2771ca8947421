import { promisify } from 'node:util'
import { constants, deflate, inflate } from 'node:zlib'

/** What a packed body begins with; lines of JSON begin with a brace. */
const PACKED = 0x78

const pack = promisify(deflate)
const unpack = promisify(inflate)

/**
 * JSON lines shrink to a tenth, and with them what is written to the log and the table. Done here and not by PostgreSQL, whose
 * own compression takes eight times as long where it was not built with lz4: on other threads, while the commit goes on.
 */
export function packBody(lines: Uint8Array): Promise<Buffer> {
  return pack(lines, { level: constants.Z_BEST_SPEED })
}

/** The lines again; those of before they were packed are as they are. */
export async function unpackBody(body: Buffer): Promise<Buffer> {
  return body[0] === PACKED ? unpack(body) : body
}
