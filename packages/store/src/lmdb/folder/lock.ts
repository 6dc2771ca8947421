import { randomUUID } from 'node:crypto'
import { link, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { StoreError } from '../../errors.ts'
import { inTurn } from './turn.ts'

/** Who has the folder. */
interface Owner {
  readonly pid: number
  /** What tells this process from an earlier one with its number; '' where the system does not say. */
  readonly started: string
  /** The machine since it was started: process numbers mean nothing elsewhere, nor in another container. */
  readonly machine: string
}

/** A holder shows that it lives so often… */
const BEAT_MS = 2000
/** …and one on another machine or in another container that did not for so long is gone. */
const SILENCE_MS = 10_000

/** Takes the folder for this process; a lock whose process is gone is taken over. Answers how to let go. */
export function lockFolder(folder: string): Promise<() => Promise<void>> {
  return inTurn(folder, () => take(folder))
}

async function take(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock.json')
  const mine = join(folder, `lock.${randomUUID()}`)
  await writeFile(mine, JSON.stringify(await self()))
  try {
    while (!(await linked(mine, path))) await takeOver(folder, path, `${mine}.old`)
  } finally {
    await unlink(mine)
  }
  const beat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => undefined)
  }, BEAT_MS)
  beat.unref()
  return async () => {
    clearInterval(beat)
    await unlink(path).catch(() => undefined)
  }
}

/** False: somebody has it. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Removes the lock of a process that is gone. Throws `in-use` while it is not. */
async function takeOver(folder: string, path: string, aside: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const owner = parse(text)
  if (await isAlive(owner, path)) {
    const message = `The data folder ${folder} is in use by process ${owner?.pid} (lock.json): stop it first.`
    throw new StoreError('in-use', message)
  }
  // Of several who find it gone, one moves it away; what was moved must still be what was found.
  await rename(path, aside).catch(() => undefined)
  const moved = await readFile(aside, 'utf8').catch(() => undefined)
  if (moved !== undefined && moved !== text) await linked(aside, path)
  await unlink(aside).catch(() => undefined)
}

async function isAlive(owner: Owner | undefined, path: string): Promise<boolean> {
  const me = await self()
  if (owner?.machine !== me.machine) return isBeating(path)
  if (me.started !== '') return (await startOf(owner.pid)) === owner.started
  try {
    process.kill(owner.pid, 0)
    return true
  } catch {
    return false
  }
}

/** Watches whether somebody keeps the lock fresh. */
async function isBeating(path: string): Promise<boolean> {
  const first = await modified(path)
  while (Date.now() - first < SILENCE_MS) {
    await new Promise(resolve => setTimeout(resolve, 200))
    if ((await modified(path)) !== first) return true
  }
  return false
}

async function modified(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

async function self(): Promise<Owner> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return { pid: process.pid, started: await startOf(process.pid), machine: `${hostname()} ${boot.trim()}` }
}

/** When a process was started, in ticks since the machine was: the 22nd field of /proc/PID/stat. '' where there is none. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function parse(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner
  } catch {
    return undefined
  }
}
