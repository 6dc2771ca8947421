import type { JsonObject } from '../../json.ts'
import { sequence as sequenceNeed } from '../../signal/need.ts'
import { isCompleted, sequenceChanges } from '../../signal/sequence.ts'
import type { SequenceState } from '../../signal/signal.ts'
import { durationMs } from '../../time/duration.ts'
import type { SequenceCondition } from '../condition.ts'
import { leaf } from '../leaf.ts'
import { type CompiledCondition, READS_NOTHING, TOUCHED_BY_NOTHING } from '../node.ts'
import type { Subject } from '../subject.ts'

/** Holds when the steps were completed, one after the other. */
export function sequence(condition: SequenceCondition): CompiledCondition {
  const within = condition.within === undefined ? Number.POSITIVE_INFINITY : durationMs(condition.within)
  const steps = condition.sequence.flatMap(step =>
    'did' in step
      ? [
          {
            event: step.did,
            ...filter(step.where),
            ...(step.within !== undefined && { withinMs: durationMs(step.within) }),
          },
        ]
      : [],
  )
  const last = condition.sequence.at(-1)!
  const absent =
    'not' in last ? { event: last.not, ...filter(last.where), withinMs: durationMs(last.within) } : undefined
  const need = sequenceNeed({ steps, ...(absent && { absent }) })
  const state = ({ profile }: Subject): SequenceState | undefined => {
    const signal = Object.hasOwn(profile.signals, need.key) ? profile.signals[need.key] : undefined
    return signal !== undefined && 'kind' in signal && signal.kind === 'sequence' ? signal : undefined
  }
  const test = (subject: Subject) => isCompleted(need, state(subject), subject.now, within)
  return leaf({
    condition: condition as JsonObject,
    test,
    changes: subject => sequenceChanges(need, state(subject), subject.now, within),
    reads: { ...READS_NOTHING, facts: [{ name: `sequence:${JSON.stringify(condition.sequence)}`, read: test }] },
    needs: [need],
    touched: { ...TOUCHED_BY_NOTHING, events: [...new Set([...steps, ...(absent ? [absent] : [])].map(s => s.event))] },
  })
}

function filter<W>(where: W | undefined): { where?: W } {
  return where === undefined ? {} : { where }
}
