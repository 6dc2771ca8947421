import type { ApiKey } from '@espalier/store'
import { Problem } from '../problem.ts'
import { sameText } from '../secrets.ts'
import type { Services } from '../services.ts'
import type { Access } from './route.ts'

export interface Caller {
  readonly workspace: string
  readonly key: ApiKey | undefined
}

export interface Credentials {
  readonly authorization: string | undefined
  /** What the request came on. */
  readonly connection: object
}

const NOBODY: Caller = { workspace: '', key: undefined }

/**
 * Who is calling, and may they? The key comes as HTTP Basic user, as Bearer token, or as the body's `writeKey`.
 * A promise only where the store has to be asked. Throws `no_key`, `unknown_key`, `wrong_key`, `not_admin`.
 */
export function authenticate(
  access: Access,
  { authorization, connection }: Credentials,
  body: unknown,
  services: Services,
): Caller | Promise<Caller> {
  if (access === 'anybody') return NOBODY
  // A header without a key is what clients send that are given none to put there.
  const text = keyOf(authorization) || writeKeyOf(body)
  if (text === undefined || text === '') throw new Problem('no_key', 'This request has no key.')
  if (access === 'admin' || access === 'operator') {
    const { adminKey } = services.options
    if (adminKey !== undefined && sameText(adminKey, text)) return NOBODY
    if (access === 'admin') throw new Problem('not_admin', 'This needs the admin key.')
  }
  const key = services.keys.find(text, connection)
  return key instanceof Promise ? key.then(found => allowed(access, found, services)) : allowed(access, key, services)
}

function allowed(access: Access, key: ApiKey, services: Services): Caller {
  if (key.kind === 'write' && access !== 'write') throw new Problem('wrong_key', 'A write key may not do this.')
  if (key.kind === 'analyst' && access !== 'read') {
    throw new Problem('wrong_key', 'An analyst’s key may only read, and nothing that is personal.')
  }
  if (access === 'operator' && key.workspace !== services.firstWorkspace) {
    throw new Problem('not_admin', 'This needs the admin key, or a secret key of the first workspace.', {
      mend: 'Use one of them: it concerns all workspaces.',
    })
  }
  return { workspace: key.workspace, key }
}

/** The key that a header names; undefined or '' where it names none. */
export function keyOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined
  const space = authorization.indexOf(' ')
  const scheme = authorization.slice(0, space).toLowerCase()
  const value = authorization.slice(space + 1).trim()
  if (scheme === 'bearer') return value
  if (scheme !== 'basic') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  // Segment's clients send `key:`; some leave the colon out.
  const colon = text.indexOf(':')
  return colon < 0 ? text : text.slice(0, colon)
}

function writeKeyOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'writeKey')) return undefined
  const { writeKey } = body as { writeKey: unknown }
  return typeof writeKey === 'string' ? writeKey : undefined
}
