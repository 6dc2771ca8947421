import { compileComparison } from '../../filter/comparison.ts'
import type { JsonObject } from '../../json.ts'
import { sessions } from '../../signal/need.ts'
import { currentAt, sessionChanges } from '../../signal/sessions.ts'
import type { Sessions } from '../../signal/signal.ts'
import type { SessionCondition } from '../condition.ts'
import { compared } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING } from '../node.ts'
import type { Considered, Subject } from '../subject.ts'

const MINUTE = 60_000

/** Holds when the session that goes on compares as stated. */
export function session(condition: SessionCondition): CompiledCondition {
  const { session: what, ...comparisons } = condition
  const read = ({ profile, now }: Subject) => {
    const span = currentAt(stateOf(profile), now)
    if (span === undefined) return undefined
    return what === 'events' ? span[2] : (span[1] - span[0]) / MINUTE
  }
  return compared({
    condition: condition as JsonObject,
    read,
    later: (subject, told) => {
      const instants = sessionChanges(stateOf(subject.profile), subject.now)
      for (const at of instants) if (told(at, read({ ...subject, now: at }))) return
    },
    comparison: compileComparison(comparisons),
    reads: { ...READS_NOTHING, facts: [{ name: `session:${what}`, read }] },
    needs: [sessions],
    touched: { ...TOUCHED_BY_NOTHING, facets: ['action'] },
  })
}

function stateOf({ signals }: Considered): Sessions | undefined {
  const signal = Object.hasOwn(signals, sessions.key) ? signals[sessions.key] : undefined
  return signal !== undefined && 'kind' in signal && signal.kind === 'sessions' ? signal : undefined
}
