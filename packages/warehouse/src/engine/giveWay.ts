import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Of queries and inserts. With two other things that never rest on two cores, a tenth of a core is still theirs. */
export const QUERIES = 10
/** Of merges and mutations, the least there is: they may take long, and nobody waits for them. */
export const MERGES = 19

const THREADS = '/proc/self/task'

/**
 * Where cores are few, queries give way to decisions, and merges to both. Each thread has a priority of its own on Linux: the engine
 * gives its threads the ordinary one where it is allowed to, and those that threads make later inherit theirs. False: those that merge
 * are not there yet.
 */
export function giveWay(): boolean {
  lower(0, QUERIES)
  const ids = threads()
  let merges = ids.length === 0
  for (const id of ids) {
    const isMerging = nameOf(id) === 'MergeMutate'
    lower(id, isMerging ? MERGES : QUERIES)
    merges ||= isMerging
  }
  return merges
}

/** None but on Linux. */
function threads(): number[] {
  try {
    return readdirSync(THREADS).map(Number)
  } catch {
    return []
  }
}

function nameOf(id: number): string {
  try {
    return readFileSync(`${THREADS}/${id}/comm`, 'latin1').trim()
  } catch {
    return ''
  }
}

function lower(id: number, priority: number): void {
  try {
    setPriority(id, priority)
  } catch {
    // Not allowed here, or the thread has ended meanwhile: the others share as equals.
  }
}
