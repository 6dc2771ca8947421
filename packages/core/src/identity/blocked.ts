/**
 * Placeholders that clients send by mistake for "nobody" and that would unite strangers: they count as missing. Compared
 * without surrounding space and case. Collected from what products of this field refuse and from clients' defaults:
 * `9774d56d682e549c` is the id that many old Android phones shared, `lmy47d` the name of an Android build.
 */
const BLOCKED: readonly string[] = [
  'null',
  'undefined',
  'nan',
  'none',
  'nil',
  'void',
  'n/a',
  'true',
  'false',
  'unset',
  'not set',
  '(not set)',
  'unknown',
  'anonymous',
  'guest',
  'test',
  'not_authenticated',
  'distinct_id',
  'distinctid',
  'anonymous_id',
  'anonymousid',
  'user_id',
  'userid',
  'undefined undefined',
  'null null',
  '[object object]',
  '[object]',
  '{}',
  '[]',
  '""',
  "''",
  '-1',
  '9774d56d682e549c',
  'lmy47d',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
]
/** By length: most identifiers need only be compared to one of them, or to none. */
const BY_LENGTH = new Map<number, string[]>()
for (const text of BLOCKED) BY_LENGTH.set(text.length, [...(BY_LENGTH.get(text.length) ?? []), text])
/** Nothing but zeroes and dashes, in any number: a UUID of zeroes too. */
const ZEROES = /^[0-]*$/

/** True for what stands for nobody, in every workspace. */
export function isBlocked(value: string): boolean {
  const text = value.trim()
  const first = text.charCodeAt(0) | CASE
  for (const blocked of BY_LENGTH.get(text.length) ?? NONE) {
    if ((blocked.charCodeAt(0) | CASE) === first && text.toLowerCase() === blocked) return true
  }
  return ZEROES.test(text)
}

/** The bit by which a small letter differs from its capital. */
const CASE = 0x20
const NONE: readonly string[] = []

/**
 * Whether a workspace's own list blocks a value: exact texts, and with a `*` at the end or the beginning all that begin or end
 * so. Compared without surrounding space and case.
 */
export function blockedBy(patterns: readonly string[]): (value: string) => boolean {
  if (patterns.length === 0) return () => false
  const texts = patterns.map(pattern => pattern.trim().toLowerCase())
  const exact = new Set(texts.filter(text => !text.startsWith('*') && !text.endsWith('*')))
  const starts = texts.filter(text => text.endsWith('*')).map(text => text.slice(0, -1))
  const ends = texts.filter(text => text.startsWith('*') && !text.endsWith('*')).map(text => text.slice(1))
  return value => {
    const text = value.trim().toLowerCase()
    return exact.has(text) || starts.some(start => text.startsWith(start)) || ends.some(end => text.endsWith(end))
  }
}
