import { isIPv4, isIPv6 } from 'node:net'

/**
 * An address with what names a household taken off: the last octet of IPv4, the last 80 bits of IPv6. Undefined for what
 * is no address, so that nothing else is stored under its name.
 */
export function truncateIp(ip: string): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  const plain = mapped ?? ip
  if (isIPv4(plain)) return plain.replace(/\d+$/, '0')
  if (!isIPv6(plain)) return undefined
  const [head = '', tail] = plain.split('%')[0]!.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  // An address may end in dotted IPv4, which stands for two groups.
  const width = [...groups, ...rest].reduce((total, group) => total + (group.includes('.') ? 2 : 1), 0)
  const full = tail === undefined ? groups : [...groups, ...Array<string>(Math.max(8 - width, 0)).fill('0'), ...rest]
  const kept = full.slice(0, 3).map(group => Number.parseInt(group, 16).toString(16))
  while (kept.at(-1) === '0') kept.pop()
  return `${kept.join(':')}::`
}
