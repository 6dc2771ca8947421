import { PROFILE_LIMITS } from '@espalier/core/profile'
import type { Aggregate } from '@espalier/core/segment'
import { SIGNAL_LIMITS } from '@espalier/core/signal'
import { durationMs } from '@espalier/core/time'
import { actions } from '../actions.ts'
import type { Asked } from '../asked.ts'
import { numberValue, type SqlValue } from '../value.ts'

const GAP = PROFILE_LIMITS.sessionGapMs

/** How many sessions began within the time: actions before which there was none for more than half an hour. */
export function sessionCount({ within }: Extract<Aggregate, { sessions: string }>, asked: Asked): SqlValue {
  const since = within === undefined ? undefined : asked.at - durationMs(within)
  // An action that is no later than `since` begins nothing that counts, but the one after it may go on with it.
  const counted = asked.row(actions(asked, since === undefined ? {} : { from: since - GAP }))
  const times = `arraySort(${asked.aggregate(`groupArrayIf(e.at, ${counted})`)})`
  const begins = `arrayFilter((t, before) -> t > before + ${GAP}, times, arrayShiftRight(times, 1, toInt64(-${GAP} - 1)))`
  const recent = since === undefined ? begins : `arrayFilter(t -> t > ${asked.whole(since)}, ${begins})`
  return numberValue(`least(${SIGNAL_LIMITS.sessions}, length(arrayMap(times -> ${recent}, [${times}])[1]))`)
}
