import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve as resolvePath } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WarehouseError } from '../errors.ts'
import { type EngineLimits, engineConfig } from './config.ts'
import type { ToChild, ToParent } from './protocol.ts'

export interface LaunchOptions extends EngineLimits {
  readonly path: string
  readonly database: string
}

/** The engine would look for rows in the folders that match. */
const PATTERN = /[*?{}]/

/** Settled when the message is written to the child. */
export function tell(child: ChildProcess, message: ToChild): Promise<void> {
  return new Promise((resolve, reject) => {
    child.send(message, error => (error ? reject(error) : resolve()))
  })
}

/** Node runs the built file, also when this one is read as source. */
function childFile(): string {
  const url = import.meta.url.endsWith('.ts')
    ? import.meta.url.replace('/src/engine/', '/dist/engine/').replace(/\.ts$/, '.js')
    : import.meta.url
  return fileURLToPath(new URL('./child.js', url))
}

/**
 * Starts the process and opens the engine in it. Throws `in-use`, `invalid` for a path it may not have, `failed` where the folder
 * cannot be written, or `unavailable` with the engine's words.
 */
export async function launch(options: LaunchOptions): Promise<{ child: ChildProcess; version: string }> {
  const path = resolvePath(options.path)
  if (PATTERN.test(path)) {
    const mend = 'which the engine takes for a pattern of names. Choose another folder.'
    throw new WarehouseError('invalid', `The path of the warehouse folder, ${path}, has one of * ? { } in it, ${mend}`)
  }
  const config = join(path, 'engine.xml')
  try {
    await mkdir(path, { recursive: true })
    await writeFile(config, engineConfig(options))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new WarehouseError('failed', `The warehouse folder ${options.path} cannot be written: ${reason}`, {
      cause: error,
    })
  }
  const child = fork(childFile(), [], {
    serialization: 'advanced',
    execArgv: [],
    // Where it finds the rows of an insert.
    cwd: path,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.on('data', chunk => {
    stderr = (stderr + String(chunk)).slice(-4_000)
  })
  return new Promise((resolve, reject) => {
    const refuse = (reason: string) => {
      child.kill('SIGKILL')
      reject(refusal(options.path, reason, stderr))
    }
    child.once('error', error => refuse(error.message))
    child.once('close', (code, signal) => refuse(`It ended with ${signal ?? `code ${code}`}.`))
    child.once('message', (message: ToParent) => {
      child.removeAllListeners('close')
      if (message.is === 'open') resolve({ child, version: message.version })
      // The engine's own words are on its way through the pipe: they are complete when it is closed.
      else {
        child.once('close', () => refuse(message.is === 'refused' ? message.message : 'It did not greet.'))
        child.kill('SIGKILL')
      }
    })
    tell(child, { do: 'open', path: join(path, 'chdb'), database: options.database, config }).catch(() => undefined)
  })
}

function refusal(path: string, reason: string, stderr: string): WarehouseError {
  if (stderr.includes('Cannot lock file')) {
    return new WarehouseError(
      'in-use',
      `Another process has the warehouse folder ${path}. Stop it, or choose another folder.`,
    )
  }
  return new WarehouseError('unavailable', `The analytical engine does not start: ${engineWords(reason, stderr)}`)
}

/** Why the engine's process ended, as one line: of a trace the error it is about. Exported for tests. */
export function engineWords(reason: string, stderr: string): string {
  const lines = stderr.split('\n').map(line => line.trim())
  const error = lines.map(line => /^\w*Error(?: \[\w+\])?: (.+)$/.exec(line)?.[1]).find(words => words !== undefined)
  if (error === undefined) return [reason, ...lines].filter(line => line !== '').join(' ')
  const isMissing = /ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|native binding/.test(stderr)
  return isMissing ? `chDB is not installed for this machine (${error}). Install it: npm install` : error
}
