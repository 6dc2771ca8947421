import type { Server } from './start.ts'

/** Stops a server gracefully at SIGTERM or SIGINT; at the second signal the process ends at once. */
export function stopOnSignals(server: Pick<Server, 'close'>, stopped: (exitCode: number) => void): void {
  let stopping = false
  const stop = () => {
    if (stopping) process.exit(1)
    stopping = true
    server.close().then(
      () => stopped(0),
      () => stopped(1),
    )
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
}
