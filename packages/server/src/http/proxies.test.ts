import { describe, expect, it } from 'vitest'
import { StartError } from '../problem.ts'
import { trusted, withoutPort } from './proxies.ts'

describe('proxies', () => {
  it('are believed by address and by network, with a port or without', () => {
    const believes = trusted(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', 'loopback'])
    if (believes === false) throw new Error('Somebody is believed.')
    const some = ['10.1.2.3', '10.1.2.3:443', '::ffff:10.1.2.3', '192.0.2.7', '[2001:db8::1]:443', '127.0.0.1', '::1']
    for (const address of some) expect(believes(address), address).toBe(true)
    for (const address of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'unknown', '10.0.0.0.1', '10.1', '167772161']) {
      expect(believes(address), address).toBe(false)
    }
  })

  it('are none unless named', () => expect(trusted([])).toBe(false))

  it.each([
    'nonsense',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '2001:db8::/129',
    '0.0.0.0/0',
    '::/0',
    'toString',
  ])('%s is refused', proxy => {
    expect(() => trusted(['loopback', proxy])).toThrow(StartError)
    expect(() => trusted(['loopback', proxy])).toThrow(`The option trustProxy holds "${proxy}"`)
  })
})

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:4711', '203.0.113.9'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  // Its last group is no port.
  ['2001:db8::1:443', '2001:db8::1:443'],
  ['::ffff:203.0.113.9', '::ffff:203.0.113.9'],
  ['203.0.113.9:', '203.0.113.9:'],
  ['unknown', 'unknown'],
])('of %s the address is %s', (forwarded, address) => expect(withoutPort(forwarded)).toBe(address))
