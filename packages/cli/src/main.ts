import { run } from './program.ts'
import { processShell } from './shell.ts'

/** The `espalier` command. Sets the exit code instead of exiting, so that what was written is flushed. */
export async function main(args: readonly string[]): Promise<void> {
  let isRead = true
  process.stdout.on('error', error => {
    if (!isClosedPipe(error)) throw error
    // `espalier report | head` closes the pipe: not an error of ours. What runs on ends as it does at SIGTERM: a server that just
    // exits neither gives back what it has nor ends at all where its log goes into the same pipe.
    if (isRead && !process.emit('SIGTERM', 'SIGTERM')) process.exit(0)
    isRead = false
  })
  process.stderr.on('error', error => {
    // Nobody listens any more to progress and errors: the work goes on.
    if (!isClosedPipe(error)) throw error
  })
  process.exitCode = await run(args, processShell())
}

function isClosedPipe(error: Error): boolean {
  return 'code' in error && error.code === 'EPIPE'
}
