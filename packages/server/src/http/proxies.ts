import { BlockList, isIP } from 'node:net'
import { StartError } from '../problem.ts'

/** Networks that the option may name. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/**
 * Which peers are believed in what they say of whom they ask for. False: nobody. Throws `StartError` for what is no address and
 * no network, and for everybody.
 */
export function trusted(proxies: readonly string[]): ((address: string) => boolean) | false {
  if (proxies.length === 0) return false
  const list = new BlockList()
  for (const proxy of proxies) {
    for (const network of Object.hasOwn(NAMED, proxy) ? NAMED[proxy]! : [proxy]) {
      if (!addTo(list, network)) {
        throw new StartError(
          `The option trustProxy holds "${proxy}", which is no address and no CIDR such as 10.0.0.0/8.`,
        )
      }
    }
  }
  return address => {
    const plain = withoutPort(address)
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }
}

function addTo(list: BlockList, network: string): boolean {
  const [address = '', bits, ...more] = network.split('/')
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : 0
  if (family === 0 || more.length > 0 || length < 1 || length > most) return false
  list.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4')
  return true
}

const WITH_PORT = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]+)\](?::\d+)?)$/

/**
 * The address in what a proxy says: some name the port as well (`203.0.113.9:4711`, `[2001:db8::1]:443`). Anything else stays as it
 * is, a bare IPv6 address among it, whose last group looks like a port.
 */
export function withoutPort(forwarded: string): string {
  const found = WITH_PORT.exec(forwarded)
  return found?.[1] ?? found?.[2] ?? forwarded
}
