import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { family, usage } from './lib/process.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BIN = join(ROOT, 'packages/cli/bin/espalier.js')
const STARTS = 5

/** From the command to the line that says it is ready: see README.md. */
export async function bench({ full, log }) {
  const times = []
  const again = []
  let idle
  for (let i = 0; i < (full ? 20 : STARTS); i++) {
    const data = mkdtempSync(join(tmpdir(), 'espalier-bench-'))
    try {
      const first = await start(data)
      times.push(first.ms)
      if (i === 0) {
        await new Promise(resolve => setTimeout(resolve, 5000))
        idle = usage(family(first.child.pid))
      }
      await stop(first.child)
      const second = await start(data)
      again.push(second.ms)
      await stop(second.child)
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
    log(`ready after ${Math.round(times.at(-1))} ms, with data ${Math.round(again.at(-1))} ms`)
  }
  const node = await nodeAlone()
  const sorted = times.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  return {
    rate: 1000 / median,
    p50Ms: median,
    p99Ms: sorted.at(-1),
    ratio: median / node,
    reference: 'node with an empty program',
    n: times.length,
    withDataMs: again.toSorted((a, b) => a - b)[Math.floor(again.length / 2)],
    idleMb: idle.residentBytes / 2 ** 20,
    installMb: du(join(ROOT, 'node_modules')),
    chdbMb: du(join(ROOT, 'node_modules/chdb')) + du(join(ROOT, 'node_modules/@chdb')),
  }
}

function start(data) {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const args = [BIN, 'start', '--data', data, '--port', '0', '--json', '--log-level', 'error']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.once('exit', code => reject(new Error(`espalier start ended with ${code}`)))
    child.stdout.once('data', () => resolve({ child, ms: performance.now() - began }))
  })
}

function stop(child) {
  return new Promise(resolve => {
    child.removeAllListeners('exit')
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })
}

function nodeAlone() {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now()
    execFileSync(process.execPath, ['-e', ''])
    return performance.now() - began
  })
  return times.sort((a, b) => a - b)[2]
}

/** Megabytes on disk; 0 where there is no such folder. */
function du(folder) {
  try {
    return (
      Number(
        execFileSync('du', ['-sk', folder], { stdio: ['ignore', 'pipe', 'ignore'] })
          .toString()
          .split(/\s/)[0],
      ) / 1024
    )
  } catch {
    return 0
  }
}
