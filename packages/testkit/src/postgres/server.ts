import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { type Account, postgresAccount } from './account.ts'
import { postgresBinaries, reachable } from './binaries.ts'

const READY_WITHIN_MS = 120_000

export interface PostgresServer {
  /** URL of its `postgres` database, as its superuser. */
  readonly url: string
  /** Stops it at once and removes its folder. */
  stop(): Promise<void>
}

/**
 * A PostgreSQL of our own on a Unix socket in a temporary folder, gone with the process that started it, even when that
 * is killed. `durable`: with fsync, as in use; without, as tests want it, several times faster.
 */
export async function startServer(options: { durable: boolean }): Promise<PostgresServer> {
  const account = await postgresAccount()
  const folder = await mkdtemp(path.join(await temporaryFolder(account), 'espalier-pg-'))
  try {
    await chmod(folder, 0o755)
    const native = await postgresBinaries(account, folder)
    const data = path.join(folder, 'data')
    await mkdir(data, { mode: 0o700 })
    if (account) await Promise.all([folder, data].map(one => chown(one, account.uid, account.gid)))
    const log = path.join(folder, 'log')
    // ICU's order of letters, since real databases rarely have the C locale: what relies on byte order must say so.
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C']
    await run(account, log, `${native}/bin/initdb`, [...initdb, '--locale-provider=icu', '--icu-locale=en-US'])
    const server = await start(account, log, `${native}/bin/postgres`, [
      '-D',
      data,
      ...settings(folder, options.durable),
    ])
    const watchdog = watch(server, folder)
    const url = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`
    const stop = async () => {
      if (server.exitCode === null && server.signalCode === null) {
        // Until now it kept nobody from ending; its end is waited for.
        server.ref()
        // Immediate shutdown: nobody needs what it would still write.
        server.kill('SIGQUIT')
        await once(server, 'exit')
      }
      await rm(folder, { recursive: true, force: true })
      watchdog.kill('SIGKILL')
    }
    await ready(url, server, log).catch(async error => {
      await stop()
      throw error
    })
    return { url, stop }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

function settings(folder: string, durable: boolean): string[] {
  const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const all = {
    listen_addresses: '',
    unix_socket_directories: folder,
    max_connections: '200',
    shared_buffers: '64MB',
    max_wal_size: '2GB',
    ...(durable ? {} : fast),
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function temporaryFolder(account: Account | undefined): Promise<string> {
  // A socket's path may have 107 bytes at most.
  const usable = tmpdir().length < 70 && (await reachable(tmpdir(), account))
  return usable ? tmpdir() : '/tmp'
}

async function start(
  account: Account | undefined,
  log: string,
  command: string,
  args: string[],
): Promise<ChildProcess> {
  const output = await open(log, 'a')
  try {
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
    // A group of its own: Ctrl-C reaches the tests first, and they stop it.
    const stdio = ['ignore' as const, output.fd, output.fd]
    const child = spawn(command, args, { ...account, env, stdio, detached: true, cwd: '/' })
    await once(child, 'spawn')
    child.unref()
    return child
  } finally {
    await output.close()
  }
}

async function run(account: Account | undefined, log: string, command: string, args: string[]): Promise<void> {
  const child = await start(account, log, command, args)
  child.ref()
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${path.basename(command)} failed (${code}):\n${await readFile(log, 'utf8')}`)
}

/** Ends the server and removes its folder when this process is gone, however it went: its end of the pipe closes. */
function watch(server: ChildProcess, folder: string): ChildProcess {
  const script = 'cat; kill -QUIT "$1"; while kill -0 "$1"; do sleep 0.1; done; rm -rf "$2"'
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', String(server.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  watchdog.unref()
  if (watchdog.stdin && 'unref' in watchdog.stdin) (watchdog.stdin as unknown as { unref(): void }).unref()
  return watchdog
}

async function ready(url: string, server: ChildProcess, log: string): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS
  for (;;) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      return await client.end()
    } catch (cause) {
      if (server.exitCode !== null || Date.now() > until) {
        throw new Error(`PostgreSQL did not start:\n${await readFile(log, 'utf8')}`, { cause })
      }
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
