import type { Problem, ProblemCode } from '../problem.ts'

/** Everything under it answers as the OpenFeature Remote Evaluation Protocol says. */
export const OFREP = '/ofrep/v1/'

/** Where the person is named in a request of it. */
export const TARGETING_KEY = 'body.context.targetingKey'

const PARSING: ReadonlySet<ProblemCode> = new Set(['not_json', 'not_utf8', 'bad_encoding', 'too_deep', 'too_large'])

const OF_CONTEXT: ReadonlySet<ProblemCode> = new Set(['invalid', 'context_invalid', 'context_too_large'])

/** What a refusal says beside `error`, for clients that know the protocol only. */
export function ofrepFailure(problem: Problem, key: string | undefined): Readonly<Record<string, string>> {
  return {
    ...(key === undefined ? {} : { key }),
    errorCode: codeOf(problem),
    errorDetails: problem.message,
  }
}

function codeOf({ code, details }: Problem): string {
  if (PARSING.has(code)) return 'PARSE_ERROR'
  if (code === 'not_found') return 'FLAG_NOT_FOUND'
  if (details.path === TARGETING_KEY) return 'TARGETING_KEY_MISSING'
  return OF_CONTEXT.has(code) ? 'INVALID_CONTEXT' : 'GENERAL'
}
