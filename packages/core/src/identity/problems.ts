import { type Path, type Problem, problem } from '../problem/problem.ts'
import { PRESETS } from './rules.ts'
import type { IdentitySettings } from './settings.ts'

/** What the schema of the identity settings cannot say. */
export function identityProblems({ kinds = [] }: IdentitySettings, path: Path): Problem[] {
  return kinds.flatMap(({ kind, from, form, limit, unique, people }, i) => {
    const here: Path = [...path, 'kinds', i]
    const found: Problem[] = []
    const isUser = kind === 'userId'
    const say = (field: string, message: string, mend: string) => found.push(problem([...here, field], message, mend))
    if (kinds.findIndex(other => other.kind === kind) < i) say('kind', `"${kind}" is here twice`, 'leave one out')
    if (isUser || kind === 'anonymousId') {
      if (from !== undefined)
        say('from', `${kind} is a field of every event`, 'leave it out, or name a kind of your own')
      if (form !== undefined) say('form', `${kind} is compared as it is`, 'leave it out')
    } else if (from === undefined && !Object.hasOwn(PRESETS, kind)) {
      say('from', `nothing says where events carry "${kind}"`, 'add from, such as ["traits.email"]')
    }
    if (unique === true && limit !== undefined && limit > 1) {
      say('limit', `a unique kind has one value, not ${limit}`, 'leave limit or unique out')
    }
    if (isUser && (unique === false || (limit ?? 1) > 1)) {
      say(unique === false ? 'unique' : 'limit', 'a person is one user', 'leave it out: a userId is always unique')
    }
    if (isUser && people !== undefined) say('people', 'a userId is one person’s', 'leave it out')
    return found
  })
}
