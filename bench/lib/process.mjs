import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Starts a server in its own process, on a free port and in a temporary folder that `stop` removes.
 *
 * @param {'engine' | 'parse' | 'bare'} mode engine: the whole server on the embedded engines; parse: the same server with a
 *   store that takes in everything at once and keeps nothing; bare: a Fastify route that answers `answerBytes` of text
 * @param {object} [options] options of the server, or `answerBytes`
 */
export async function startProcess(mode, options = {}) {
  const data = mkdtempSync(join(tmpdir(), 'espalier-bench-'))
  const script = fileURLToPath(new URL(mode === 'bare' ? './bareServer.mjs' : './engineServer.mjs', import.meta.url))
  const child = fork(script, [JSON.stringify({ mode, options: { data, ...options } })], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // As `espalier` itself is started: see packages/cli/bin/espalier.js.
    execArgv: ['--max-semi-space-size=64'],
  })
  const waiting = new Map()
  let asked = 0
  const ready = await new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`The ${mode} server ended with ${code} before it was ready.`)))
    child.on('message', message => {
      if (message.ready) resolve(message.ready)
      else if (message.error) waiting.get(message.id)?.reject(new Error(message.error))
      else waiting.get(message.id)?.resolve(message.answer)
    })
  })
  /** Asks the process itself: 'depth' of the outbox, 'drain' it, 'memory', to 'learn' what is due, to 'teach' a policy a given model. */
  const ask = (what, given) =>
    new Promise((resolve, reject) => {
      const id = ++asked
      waiting.set(id, { resolve, reject })
      child.send({ id, ask: what, given })
    })
  const stop = async () => {
    child.removeAllListeners('exit')
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.send({ ask: 'stop' })
    await gone
    rmSync(data, { recursive: true, force: true })
  }
  const pids = () => family(child.pid)
  /** Settled when the outbox is empty and what goes on in the background (checkpoints, merges) has come to rest. */
  const rest = async () => {
    await ask('drain')
    for (let quiet = 0; quiet < 2; ) {
      const before = usage(pids()).cpuSeconds
      await new Promise(resolve => setTimeout(resolve, 1000))
      quiet = usage(pids()).cpuSeconds - before < 0.1 ? quiet + 1 : 0
    }
  }
  return { ...ready, data, ask, rest, stop, pids }
}

/** The process and its children (chDB runs in one). */
export function family(pid) {
  const parents = new Map()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // it has ended meanwhile
    }
  }
  const found = [pid]
  for (let i = 0; i < found.length; i++) {
    for (const [child, parent] of parents) if (parent === found[i]) found.push(child)
  }
  return found
}

/** Sum over processes of what the kernel says: bytes sent to the disk, resident memory, CPU seconds. */
export function usage(pids) {
  const total = { writtenBytes: 0, residentBytes: 0, cpuSeconds: 0 }
  for (const pid of pids) {
    try {
      // What was removed before it reached the disk was never written.
      const io = readFileSync(`/proc/${pid}/io`, 'utf8')
      total.writtenBytes += field(io, 'write_bytes') - field(io, 'cancelled_write_bytes')
      total.residentBytes += 1024 * field(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS')
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      total.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / 100
    } catch {
      // it has ended meanwhile
    }
  }
  return total
}

function field(text, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
}
