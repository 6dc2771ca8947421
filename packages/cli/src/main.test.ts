import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import type { Shell } from './shell.ts'
import { built, startedServer } from './testing/server.ts'
import { temporaryFolder, testShell } from './testing/shell.ts'

const BIN = fileURLToPath(new URL('../bin/espalier.js', import.meta.url))

/** A command in a process of its own, of whose output nobody reads more than what comes first. */
function unread(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stderr?.once('data', () => {
    child.stdout?.destroy()
    child.stderr?.destroy()
  })
  return child
}

const ended = (child: ChildProcess) => new Promise<number | null>(resolve => child.once('exit', resolve))

describe.skipIf(!built)('output that nobody reads on', () => {
  it('ends a server, which gives its folder back, also where its log goes the same way', {
    timeout: 300_000,
  }, async () => {
    const data = temporaryFolder()
    expect(await ended(unread('start', '--port', '0', '--data', data))).toBe(0)
    const again = await startedServer(data)
    expect(await again.stop()).toBe(0)
  })
})

describe('start', () => {
  it('may be stopped by whoever reads that it is ready, at once', { timeout: 300_000 }, async () => {
    const shell = testShell()
    const impatient: Shell = { ...shell, out: () => shell.interrupt() }
    const options = ['--port', '0', '--warehouse', 'http://127.0.0.1:9', '--log-level', 'silent']
    expect(await run(['start', ...options, '--data', temporaryFolder()], impatient)).toBe(0)
  })
})
