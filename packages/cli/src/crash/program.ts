import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/espalier.js', import.meta.url))

export const WRITE_KEY = 'write-key-of-the-crash-test'
export const SECRET_KEY = 'secret-key-of-the-crash-test'

/** `espalier start` in a process of its own that is there to be killed. */
export class Program {
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  url = ''

  constructor(args: readonly string[]) {
    this.#args = args
  }

  async start(): Promise<void> {
    const args = [BIN, 'start', '--json', '--port', '0', '--log-level', 'error', ...this.#args]
    const env = { ...process.env, ESPALIER_WRITE_KEY: WRITE_KEY, ESPALIER_SECRET_KEY: SECRET_KEY }
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    let output = ''
    let errors = ''
    child.stderr?.on('data', chunk => {
      errors += String(chunk)
    })
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout?.on('data', chunk => {
        output += String(chunk)
        if (output.includes('\n')) resolve(output.split('\n', 1)[0]!)
      })
      child.once('exit', code => reject(new Error(`espalier start ended with ${code}: ${errors}${output}`)))
      child.once('error', reject)
    })
    this.url = (JSON.parse(line) as { url: string }).url
  }

  /** kill -9, and gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
}
