import type { Store } from '@espalier/store'
import { StartError } from './problem.ts'
import { hashKey, newKey } from './secrets.ts'

/** The workspace that exists from the start. */
export const FIRST_WORKSPACE = 'main'

interface Making {
  readonly now: () => number
  readonly newId: () => string
}

/** A workspace is there as soon as it has keys. The keys are given back this once. */
export async function makeWorkspace(
  store: Pick<Store, 'keys'>,
  workspace: string,
  { now, newId }: Making,
): Promise<{ writeKey: string; secretKey: string }> {
  const writeKey = newKey('write')
  const secretKey = newKey('secret')
  for (const [kind, key] of [
    ['write', writeKey],
    ['secret', secretKey],
  ] as const) {
    await store.keys.put({ id: newId(), workspace, kind, hash: hashKey(key), label: 'first', created: now() })
  }
  return { writeKey, secretKey }
}

/**
 * Sees to the first workspace's keys at start: those the options name are taken in, those they do not name are made when
 * the workspace has none of that kind, and given back to be shown once. One node at a time.
 */
export async function prepareFirstWorkspace(
  store: Pick<Store, 'keys' | 'leases'>,
  given: { readonly writeKey: string | undefined; readonly secretKey: string | undefined },
  { now, newId }: Making,
): Promise<{ writeKey?: string; secretKey?: string }> {
  if (given.writeKey !== undefined && given.writeKey === given.secretKey) {
    throw new StartError(
      'The write key and the secret key are the same. A write key is public: use two different texts.',
    )
  }
  const holder = newId()
  // A node that starts at the same time must not make keys too.
  while (!(await store.leases.acquire('first-workspace', holder, now(), 10_000))) await pause()
  try {
    const made: { writeKey?: string; secretKey?: string } = {}
    for (const kind of ['write', 'secret'] as const) {
      const name = `${kind}Key` as const
      const stated = given[name]
      if (stated !== undefined) await takeIn(store, kind, stated, { now, newId })
      else {
        const keys = await store.keys.list(FIRST_WORKSPACE)
        if (keys.some(key => key.kind === kind)) continue
        const key = newKey(kind)
        made[name] = key
        const hash = hashKey(key)
        await store.keys.put({ id: newId(), workspace: FIRST_WORKSPACE, kind, hash, label: 'first', created: now() })
      }
    }
    return made
  } finally {
    await store.leases.release('first-workspace', holder)
  }
}

async function takeIn(
  store: Pick<Store, 'keys'>,
  kind: 'write' | 'secret',
  key: string,
  { now, newId }: Making,
): Promise<void> {
  const hash = hashKey(key)
  const name = kind === 'write' ? 'ESPALIER_WRITE_KEY' : 'ESPALIER_SECRET_KEY'
  const known = await store.keys.byHash(hash)
  if (known === undefined) {
    const label = 'from the options'
    await store.keys.put({ id: newId(), workspace: FIRST_WORKSPACE, kind, hash, label, created: now() })
    return
  }
  if (known.revoked !== undefined) {
    throw new StartError(`The key in ${name} was revoked and stays so. Set another one.`)
  }
  if (known.kind !== kind || known.workspace !== FIRST_WORKSPACE) {
    throw new StartError(
      `The key in ${name} is already the ${known.kind} key of workspace ${known.workspace}. Set another one.`,
    )
  }
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 100))
}
