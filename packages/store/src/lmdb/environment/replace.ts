import { access, mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '../files.ts'

/**
 * Puts a folder in the place of another, whole or not at all: `fill` makes it durable beside it, `switchOver` is called when it is
 * in its place, and what was there before is deleted then. What a crash interrupted is finished by `finishReplacing`.
 */
export async function replaceFolder(
  path: string,
  fill: (fresh: string) => Promise<void>,
  switchOver: () => Promise<void>,
): Promise<void> {
  const { fresh, old } = namesBeside(path)
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh)
  try {
    await fill(fresh)
    await syncDirectory(fresh)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw error
  }
  await rename(path, old)
  await rename(fresh, path)
  await syncDirectory(dirname(path))
  await switchOver()
  await rm(old, { recursive: true, force: true })
  await syncDirectory(dirname(path))
}

/** Before the folder is opened: it is there, as it was or as it was to be, and nothing is beside it. */
export async function finishReplacing(path: string): Promise<void> {
  const { fresh, old } = namesBeside(path)
  // Once the old one was moved away, the new one was complete.
  if ((await isThere(old)) && !(await isThere(path))) await rename(fresh, path)
  await rm(fresh, { recursive: true, force: true })
  await rm(old, { recursive: true, force: true })
}

function namesBeside(path: string): { fresh: string; old: string } {
  // LMDB takes a path with a dot for that of a file.
  return { fresh: `${path}-new`, old: `${path}-old` }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
