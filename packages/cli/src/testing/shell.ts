import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../program.ts'
import type { Shell } from '../shell.ts'

/** A terminal that remembers what was written to it. */
export interface TestShell extends Shell {
  readonly output: () => string
  readonly errors: () => string
  /** Ctrl-C. */
  interrupt(): void
}

export function testShell(
  options: { url?: string; secretKey?: string; cache?: string; live?: boolean } = {},
): TestShell {
  let output = ''
  let errors = ''
  const stops = new Set<() => void>()
  return {
    environment: {
      url: options.url ?? 'http://127.0.0.1:9',
      secretKey: options.secretKey,
      cache: options.cache ?? temporaryFolder(),
      colour: false,
    },
    out: text => {
      output += text
    },
    err: text => {
      errors += text
    },
    live: options.live ?? false,
    colour: false,
    columns: 100,
    onInterrupt(stop) {
      stops.add(stop)
      return () => stops.delete(stop)
    },
    output: () => output,
    errors: () => errors,
    interrupt() {
      for (const stop of stops) stop()
    },
  }
}

/** Runs a command line and gives back everything it did. */
export async function espalier(
  args: readonly string[],
  options: Parameters<typeof testShell>[0] = {},
): Promise<{ code: number; output: string; errors: string }> {
  const shell = testShell(options)
  const code = await run(args, shell)
  return { code, output: shell.output(), errors: shell.errors() }
}

/** A folder in the one that each test file has, and that is gone after it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'espalier-cli-'))
}

export function temporaryFile(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}
