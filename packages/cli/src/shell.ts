import { type Environment, readEnvironment } from './environment.ts'

/** All a command may touch of the terminal it runs in, so that tests can be one. */
export interface Shell {
  readonly environment: Environment
  /** What was asked for: goes to standard output. */
  out(text: string): void
  /** Progress, warnings and errors: go to standard error. */
  err(text: string): void
  /** Standard error is a terminal: progress may redraw its line. */
  readonly live: boolean
  readonly colour: boolean
  readonly columns: number
  /** Calls `stop` once at the first Ctrl-C (the second ends the process at once); returns how to unsubscribe. */
  onInterrupt(stop: () => void): () => void
}

export function processShell(): Shell {
  const environment = readEnvironment()
  return {
    environment,
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    live: process.stderr.isTTY === true,
    colour: environment.colour ?? process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 100,
    onInterrupt(stop) {
      const once = () => {
        process.removeListener('SIGINT', once)
        process.removeListener('SIGTERM', once)
        stop()
      }
      process.on('SIGINT', once)
      process.on('SIGTERM', once)
      return () => {
        process.removeListener('SIGINT', once)
        process.removeListener('SIGTERM', once)
      }
    },
  }
}
