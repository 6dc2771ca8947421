import { run } from './program.ts'
import { processShell } from './shell.ts'

/** The `espalier` command. Sets the exit code instead of exiting, so that what was written is flushed. */
export async function main(args: readonly string[]): Promise<void> {
  process.stdout.on('error', error => {
    // `espalier report | head` closes the pipe: not an error of ours.
    if ('code' in error && error.code === 'EPIPE') process.exit(0)
    throw error
  })
  process.exitCode = await run(args, processShell())
}
