const MASK = (1n << 64n) - 1n
const K0 = 0xc3a5c85c97cb3127n
const K1 = 0xb492b66fbe98f273n
const K2 = 0x9ae16a3b2f90404fn
const K3 = 0xc949d7c7509e6557n
const MUL = 0x9ddfea08eb382d69n

/**
 * CityHash64 of version 1.0.2 of some text's UTF-8 bytes, as ClickHouse's `cityHash64` of a String: which shard a row belongs on
 * is said by it. The engine's own is asked the same in a test.
 */
export function cityHash64(text: string): bigint {
  const bytes = Buffer.from(text)
  if (bytes.length <= 16) return upTo16(bytes)
  if (bytes.length <= 32) return upTo32(bytes)
  if (bytes.length <= 64) return upTo64(bytes)
  return longer(bytes)
}

function upTo16(bytes: Buffer): bigint {
  const length = BigInt(bytes.length)
  if (bytes.length > 8) {
    const a = word(bytes, 0)
    const b = word(bytes, bytes.length - 8)
    return mixed(a, rotated(b + length, bytes.length)) ^ b
  }
  if (bytes.length >= 4) {
    const [first, last] = [bytes.readUInt32LE(0), bytes.readUInt32LE(bytes.length - 4)]
    return mixed(length + (BigInt(first) << 3n), BigInt(last))
  }
  if (bytes.length === 0) return K2
  const [first, middle, last] = [bytes[0]!, bytes[bytes.length >> 1]!, bytes[bytes.length - 1]!]
  const y = BigInt(first + (middle << 8))
  const z = length + BigInt(last << 2)
  return low(shifted(low(low(y * K2) ^ low(z * K3))) * K2)
}

function upTo32(bytes: Buffer): bigint {
  const length = bytes.length
  const a = low(word(bytes, 0) * K1)
  const b = word(bytes, 8)
  const c = low(word(bytes, length - 8) * K2)
  const d = low(word(bytes, length - 16) * K0)
  return mixed(rotated(a - b, 43) + rotated(c, 30) + d, a + rotated(b ^ K3, 20) - c + BigInt(length))
}

function upTo64(bytes: Buffer): bigint {
  const length = bytes.length
  const [vFirst, vSecond] = half(
    word(bytes, 0) + low((BigInt(length) + word(bytes, length - 16)) * K0),
    word(bytes, 24),
    word(bytes, 8),
    word(bytes, 16),
  )
  const [wFirst, wSecond] = half(
    word(bytes, 16) + word(bytes, length - 32),
    word(bytes, length - 8),
    word(bytes, length - 24),
    word(bytes, length - 16),
  )
  const r = shifted(low((vFirst + wSecond) * K2 + (wFirst + vSecond) * K0))
  return low(shifted(low(r * K0 + vSecond)) * K2)
}

/** One side of what 33 to 64 bytes become. */
function half(a: bigint, z: bigint, next: bigint, last: bigint): [bigint, bigint] {
  const b = rotated(a + z, 52)
  const c = rotated(a, 37) + rotated(a + next, 7)
  const sum = a + next + last
  return [low(sum + z), low(b + rotated(sum, 31) + c)]
}

function longer(bytes: Buffer): bigint {
  const length = bytes.length
  let x = word(bytes, 0)
  let y = word(bytes, length - 16) ^ K1
  let z = word(bytes, length - 56) ^ K0
  let v = seeded(bytes, length - 64, BigInt(length), y)
  let w = seeded(bytes, length - 32, BigInt(length) * K1, K0)
  z = low(z + shifted(v[1]) * K1)
  x = low(rotated(z + x, 39) * K1)
  y = low(rotated(y, 33) * K1)
  const end = (length - 1) & ~63
  for (let at = 0; at < end; at += 64) {
    x = low(rotated(x + y + v[0] + word(bytes, at + 16), 37) * K1) ^ w[1]
    y = low(rotated(y + v[1] + word(bytes, at + 48), 42) * K1) ^ v[0]
    z = rotated(z ^ w[0], 33)
    v = seeded(bytes, at, v[1] * K1, x + w[0])
    w = seeded(bytes, at + 32, z + w[1], y)
    ;[z, x] = [x, z]
  }
  return mixed(mixed(v[0], w[0]) + shifted(y) * K1 + z, mixed(v[1], w[1]) + x)
}

/** 32 bytes from `at` under two seeds. */
function seeded(bytes: Buffer, at: number, first: bigint, second: bigint): [bigint, bigint] {
  const start = low(first + word(bytes, at))
  const last = word(bytes, at + 24)
  const sum = low(start + word(bytes, at + 8) + word(bytes, at + 16))
  return [low(sum + last), low(rotated(second + start + last, 21) + rotated(sum, 44) + start)]
}

/** 128 bits to 64. */
function mixed(u: bigint, v: bigint): bigint {
  const high = low(v)
  const a = shifted(low((low(u) ^ high) * MUL))
  return low(shifted(low((high ^ a) * MUL)) * MUL)
}

const low = (value: bigint) => value & MASK
const shifted = (value: bigint) => value ^ (value >> 47n)
const word = (bytes: Buffer, at: number) => bytes.readBigUInt64LE(at)

function rotated(value: bigint, by: number): bigint {
  const bits = BigInt(by)
  const whole = low(value)
  return low((whole >> bits) | (whole << (64n - bits)))
}
