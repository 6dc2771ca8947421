/** What a person can act on: what is wrong, where, and the mend. Shown on one line, without a stack. */
export class CliError extends Error {
  /** 1: it failed. 2: the command was wrong. */
  readonly exitCode: 1 | 2
  readonly mend: string | undefined

  constructor(message: string, options: { mend?: string; exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CliError'
    this.exitCode = options.exitCode ?? 1
    this.mend = options.mend
  }
}

/** The command itself is wrong: an unknown option, a file that cannot be meant. */
export class UsageError extends CliError {
  constructor(message: string, mend?: string) {
    super(message, mend === undefined ? { exitCode: 2 } : { exitCode: 2, mend })
    this.name = 'UsageError'
  }
}

/** `what is wrong. The mend.` on one line. */
export function explain(error: unknown): string {
  if (error instanceof CliError)
    return error.mend ? `${sentence(error.message)} ${sentence(error.mend)}` : error.message
  return fileError(error) ?? (error instanceof Error ? error.message : String(error))
}

/** Whether a write failed for want of room. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

/** Errors of the file system in words. */
function fileError(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined
  const path = String(error.path)
  switch (error.code) {
    case 'ENOENT':
      return `${path} does not exist. Check the path.`
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be opened. Check its permissions.`
    case 'EISDIR':
      return `${path} is a folder. Name a file.`
    case 'ENOSPC':
      return `The disk is full at ${path}. Free some space and run the same command again.`
    default:
      return undefined
  }
}

function sentence(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`
}
