import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './shell.ts'

const BIN = fileURLToPath(new URL('../../bin/espalier.js', import.meta.url))
/** The command as it is built; `npm test` builds first. */
export const built = existsSync(fileURLToPath(new URL('../../dist/main.js', import.meta.url)))

export interface RunningServer {
  readonly url: string
  readonly writeKey: string
  readonly secretKey: string
  readonly data: string
  stop(): Promise<number | null>
}

/** `espalier start` in a process of its own, on a free port and a temporary folder. */
export async function startedServer(data = temporaryFolder()): Promise<RunningServer> {
  const secretKey = 'secret-key-of-the-tests'
  const writeKey = 'write-key-of-the-tests'
  const child = spawn(
    process.execPath,
    [BIN, 'start', '--json', '--port', '0', '--data', data, '--log-level', 'error'],
    {
      env: { ...process.env, ESPALIER_WRITE_KEY: writeKey, ESPALIER_SECRET_KEY: secretKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const { url } = JSON.parse(await firstLine(child)) as { url: string }
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  return {
    url,
    writeKey,
    secretKey,
    data,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** What it prints first; rejects with what it said when it ends before. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    let errors = ''
    child.stderr?.on('data', chunk => {
      errors += String(chunk)
    })
    child.stdout?.on('data', chunk => {
      output += String(chunk)
      if (output.includes('\n')) resolve(output.split('\n', 1)[0]!)
    })
    child.once('exit', code => reject(new Error(`espalier start ended with ${code}: ${errors}`)))
    child.once('error', reject)
  })
}
