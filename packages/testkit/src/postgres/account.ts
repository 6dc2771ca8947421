import { readFile } from 'node:fs/promises'

export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Whom PostgreSQL runs as: it refuses to run as root, so root becomes `postgres` or `nobody` (it must be an account that
 * exists, initdb asks for its name). Undefined: as ourselves.
 */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map(line => line.split(':'))
  const found = ['postgres', 'nobody'].flatMap(name => accounts.filter(([one]) => one === name))[0]
  if (!found)
    throw new Error('PostgreSQL does not run as root, and there is no account postgres or nobody to run it as.')
  return { uid: Number(found[2]), gid: Number(found[3]) }
}
