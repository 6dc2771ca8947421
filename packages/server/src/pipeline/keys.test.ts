import type { ApiKey, KeyStore } from '@espalier/store'
import { describe, expect, it } from 'vitest'
import { hashKey } from '../secrets.ts'
import { KeyRing } from './keys.ts'

const key: ApiKey = { id: '1', workspace: 'main', kind: 'write', hash: hashKey('the-key'), label: '', created: 0 }

describe('the key ring', () => {
  it('asks the store once a second, so that another node’s revocation is effective within a second', async () => {
    let stored: ApiKey = key
    let reads = 0
    let now = 0
    const store = {
      byHash: async (hash: string) => {
        reads++
        return hash === stored.hash ? stored : undefined
      },
    } as unknown as KeyStore
    const ring = new KeyRing(store, () => now)
    expect(await ring.find('the-key')).toBe(key)
    now = 999
    expect(await ring.find('the-key')).toBe(key)
    expect(reads).toBe(1)
    stored = { ...key, revoked: 500 }
    now = 1000
    await expect(async () => ring.find('the-key')).rejects.toMatchObject({ code: 'unknown_key' })
    expect(reads).toBe(2)
    // A clock that is put back says nothing of when it was read.
    stored = key
    now = 0
    expect(await ring.find('the-key')).toBe(key)
    expect(reads).toBe(3)
  })

  it('R11 remembers unknown keys too, but only so many', async () => {
    let reads = 0
    const store = {
      byHash: async () => {
        reads++
        return undefined
      },
    } as unknown as KeyStore
    const ring = new KeyRing(store, () => 0)
    const guess = async (text: string) => {
      await expect(async () => ring.find(text)).rejects.toMatchObject({ code: 'unknown_key' })
    }
    await guess('first')
    await guess('first')
    expect(reads).toBe(1)
    for (let i = 0; i < 10_000; i++) await guess(`guess ${i}`)
    await guess('first')
    expect(reads).toBe(10_002)
  })

  it('R13 a connection that brings another key is another caller', async () => {
    const other: ApiKey = { ...key, id: '2', workspace: 'other', hash: hashKey('another') }
    const store = { byHash: async (hash: string) => [key, other].find(one => one.hash === hash) } as unknown as KeyStore
    const ring = new KeyRing(store, () => 0)
    const connection = {}
    for (let i = 0; i < 2; i++) {
      expect(await ring.find('the-key', connection)).toBe(key)
      expect(await ring.find('another', connection)).toBe(other)
      expect(await ring.find('another', {})).toBe(other)
      await expect(async () => ring.find('neither', connection)).rejects.toMatchObject({ code: 'unknown_key' })
    }
  })
})
