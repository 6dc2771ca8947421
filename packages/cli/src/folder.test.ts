import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder } from './folder.ts'
import { temporaryFolder } from './testing/shell.ts'

describe('a folder', () => {
  it('is made with those it is in, and may be there', () => {
    const folder = join(temporaryFolder(), 'deep', 'er')
    makeFolder(folder)
    makeFolder(folder)
    expect(statSync(folder).isDirectory()).toBe(true)
  })

  it('is not made of a file, nor in one', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'a'))
    writeFileSync(join(folder, 'a', 'file'), '')
    expect(() => makeFolder(join(folder, 'a', 'file', 'b'))).toThrow()
  })

  it.runIf(existsSync('/proc/self'))('is not tried for ever in /proc', () => {
    expect(() => makeFolder('/proc/espalier/imports')).toThrow()
  })
})
