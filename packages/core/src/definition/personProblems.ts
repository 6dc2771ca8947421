import { type Path, type Problem, problem } from '../problem/problem.ts'
import { nearest } from '../problem/suggest.ts'
import { PERSON_FACTS } from '../segment/conditions/facts.ts'
import { comparedKindProblems } from './comparedKinds.ts'

const TOUCH = ['source', 'medium', 'campaign', 'term', 'content', 'referrer']

/** What the facts of a person hold that are no values themselves. */
const PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['device', ['type', 'os', 'model']],
  ['acquisition', ['first', 'last']],
  ['acquisition.first', TOUCH],
  ['acquisition.last', TOUCH],
])

/** What is wrong with a condition on a fact of the person: these have a fixed shape, so another path leads nowhere, whoever is asked. */
export function personProblems(body: Readonly<Record<string, unknown>>, path: Path): Problem[] {
  const at = [...path, 'person']
  const [fact = '', ...steps] = (body.person as string).split('.')
  if (!(PERSON_FACTS as readonly string[]).includes(fact)) {
    return [problem(at, `"${fact}" is no fact of a person`, nearest(fact, PERSON_FACTS, 'facts'))]
  }
  let here = fact
  for (const step of steps) {
    const parts = PARTS.get(here)
    if (parts === undefined) return [problem(at, `"${here}" is a value and has no parts`, `write "${here}"`)]
    if (!parts.includes(step)) {
      return [problem(at, `${here} has no "${step}"`, nearest(step, parts, `parts of ${here}`))]
    }
    here = `${here}.${step}`
  }
  const parts = PARTS.get(here)
  const asks = Object.keys(body).filter(name => name !== 'person' && name !== 'exists')
  if (parts !== undefined && asks.length > 0) {
    const mend = `ask for one of ${parts.map(part => `${here}.${part}`).join(', ')}, or by exists`
    return [problem(at, `"${here}" is made of parts, which ${asks.join(' and ')} cannot compare`, mend)]
  }
  return here === 'events' ? comparedKindProblems('number', body, path) : []
}
