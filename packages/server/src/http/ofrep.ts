import type { Problem, ProblemCode } from '../problem.ts'

/** Everything under it answers as the OpenFeature Remote Evaluation Protocol says. */
export const OFREP = '/ofrep/v1/'

/** Where the person is named in a request of it. */
export const TARGETING_KEY = 'body.context.targetingKey'

const CODES = ['PARSE_ERROR', 'FLAG_NOT_FOUND', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT', 'GENERAL'] as const

interface Failure {
  readonly key?: string
  readonly errorCode: (typeof CODES)[number]
  readonly errorDetails: string
}

/** The same as a JSON schema’s properties. */
export const FAILURE_PROPERTIES = {
  key: { type: 'string', description: 'Of the flag that was asked for.' },
  errorCode: { type: 'string', enum: CODES, description: 'OFREP’s.' },
  errorDetails: { type: 'string', description: 'The message.' },
} as const satisfies Record<keyof Failure, object>

const PARSING: ReadonlySet<ProblemCode> = new Set(['not_json', 'not_utf8', 'bad_encoding', 'too_deep', 'too_large'])

const OF_CONTEXT: ReadonlySet<ProblemCode> = new Set(['invalid', 'context_invalid', 'context_too_large'])

/** What a refusal says beside `error`, for clients that know the protocol only. */
export function ofrepFailure(problem: Problem, key: string | undefined): Failure {
  return {
    ...(key === undefined ? {} : { key }),
    errorCode: codeOf(problem),
    errorDetails: problem.message,
  }
}

function codeOf({ code, details }: Problem): (typeof CODES)[number] {
  if (PARSING.has(code)) return 'PARSE_ERROR'
  if (code === 'not_found') return 'FLAG_NOT_FOUND'
  if (details.path === TARGETING_KEY) return 'TARGETING_KEY_MISSING'
  return OF_CONTEXT.has(code) ? 'INVALID_CONTEXT' : 'GENERAL'
}
