import type { JsonObject } from '@espalier/core'
import type { Collisions } from '@espalier/core/collision'
import { sentence } from '@espalier/core/problem'
import { CliError, UsageError } from '../errors.ts'
import type { Api } from '../http/api.ts'
import { ApiError } from '../http/api.ts'
import { placeOf, type StatedDefinition } from './files.ts'

/** A definition as the server has it. */
export interface LiveDefinition {
  readonly kind: string
  readonly key: string
  readonly version: number
  readonly archived: boolean
  readonly body: JsonObject
}

export interface LiveSet {
  readonly version: number
  readonly definitions: readonly LiveDefinition[]
}

export type Change = 'created' | 'updated' | 'archived' | 'unchanged'

export interface Published {
  readonly version: number
  readonly changed: readonly { kind: string; key: string; version: number; change: Change }[]
  /** Of a dry run: collisions between experiences as they would be. */
  readonly collisions?: Collisions
}

export function live(api: Api): Promise<LiveSet> {
  return api.get<LiveSet>('/v1/definitions', 'definitions')
}

/**
 * What is live and in none of the files. Settings are not anybody's to forget. Files that state nothing at all, as one that was
 * cut off while it was written, do not mean that the whole programme is to end: throws `UsageError`.
 */
export function missingFrom(stated: readonly StatedDefinition[], set: LiveSet): LiveDefinition[] {
  if (stated.length === 0) {
    throw new UsageError(
      'The files state no definition: with --prune, everything live would be archived',
      'Look whether they are the ones you mean; leave --prune away to change nothing',
    )
  }
  const names = new Set(stated.map(({ kind, key }) => `${kind} ${key}`))
  return set.definitions.filter(
    ({ kind, key, archived }) => !archived && kind !== 'settings' && !names.has(`${kind} ${key}`),
  )
}

export interface PublishOptions {
  readonly dryRun: boolean
  /** Refuse when somebody published since this version. */
  readonly expected?: number
  /** To be archived. */
  readonly archive?: readonly LiveDefinition[]
}

/** All or nothing. What the server refuses becomes one error that names every file, line and mend. */
export async function publish(
  api: Api,
  stated: readonly StatedDefinition[],
  options: PublishOptions,
): Promise<Published> {
  const changes = [
    ...stated.map(({ kind, key, body, file }) => ({ kind, key, body, file })),
    ...(options.archive ?? []).map(({ kind, key }) => ({ kind, key, body: null })),
  ]
  try {
    const { dryRun, expected } = options
    const body = { changes, dryRun, ...(expected === undefined ? {} : { expected }) }
    return await api.post<Published>('/v1/definitions', body, 'changed')
  } catch (error) {
    throw error instanceof ApiError && error.status === 422 ? refusal(error, stated) : error
  }
}

interface Refused {
  readonly kind: string
  readonly key: string
  readonly path: string
  readonly message: string
  readonly mend?: string
}

function refusal(error: ApiError, stated: readonly StatedDefinition[]): CliError {
  const { errors = [] } = (error.body ?? {}) as { errors?: readonly Refused[] }
  if (errors.length === 0) return error
  const lines = errors.map(({ kind, key, path, message, mend }) => {
    const definition = stated.find(one => one.kind === kind && one.key === key)
    const place = definition ? placeOf(definition, path) : `${kind} ${key}`
    return `${place}: ${path ? `${path}: ` : ''}${message}.${mend ? ` ${sentence(upper(mend))}` : ''}`
  })
  const [first, ...others] = lines
  return new CliError(
    others.length === 0
      ? `${first} Nothing was published.`
      : `${lines.length} problems, nothing was published:\n${lines.join('\n')}`,
  )
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '')
}
