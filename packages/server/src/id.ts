import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(10 * 512)
let used = pool.length
let lastTime = 0
let prefix = ''

/**
 * A UUIDv7: its first 48 bits are the time, so that keys made together lie together; the rest is random. The random bytes
 * are drawn for many ids at a time, since each draw costs a microsecond.
 */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const at = used
  used += 10
  const now = Date.now()
  if (now !== lastTime) {
    const time = now.toString(16).padStart(12, '0')
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-`
    lastTime = now
  }
  pool[at] = (pool[at]! & 0x0f) | 0x70
  pool[at + 2] = (pool[at + 2]! & 0x3f) | 0x80
  const rest = pool.toString('hex', at, at + 10)
  return `${prefix}${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`
}
