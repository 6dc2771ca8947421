import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { StartError } from './problem.ts'

/**
 * Makes a folder, and those it is in. One by one: where a file system says of a name in a folder that is there that there is no such
 * folder, as /proc does, Node's own recursive way asks again for ever.
 */
async function makeFolder(path: string): Promise<void> {
  const missing: string[] = []
  for (let at = resolve(path); !(await isThere(at)); at = dirname(at)) missing.push(at)
  for (const folder of missing.reverse()) {
    await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else may have made it meanwhile.
      if (error.code !== 'EEXIST' || !(await isFolder(folder))) throw error
    })
  }
  if (!(await isFolder(path))) throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' })
}

/** Sees to it that a folder can be written to; throws `StartError` with one line for the operator. */
export async function usableFolder(path: string): Promise<void> {
  try {
    await makeFolder(path)
    await access(path, constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    const mend = NO_ROOM.has(code) ? 'Make room, or choose another one with --data.' : MEND
    throw new StartError(`The data folder ${path} cannot be used: ${REASONS[code] ?? message}. ${mend}`, {
      cause: error,
    })
  }
}

const MEND = 'Choose a folder that this user may write to with --data.'
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT'])
const REASONS: Readonly<Record<string, string>> = {
  ENOTDIR: 'it is a file, or in one',
  EEXIST: 'it leads to nothing',
  ELOOP: 'it leads to itself',
  ENOENT: 'nothing can be made there',
  ENAMETOOLONG: 'its name is too long',
  EACCES: 'this user may not write there',
  EPERM: 'nobody may write there',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}
