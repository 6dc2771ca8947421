/** How far a rollout has come: the share of people who get the new variant, in percent; halted is nobody. */
export type Stage = '1' | '5' | '25' | '50' | '100' | 'halted'

/** What has come to be known. */
export type Signal =
  /** A guardrail is hurt. */
  | 'hurt'
  /** Long enough, enough people, and no guardrail is hurt. */
  | 'well'
  /** Too early to tell. */
  | 'unclear'
  /** Somebody has looked into a halt and starts again. */
  | 'resumed'
  /** Somebody stops it. */
  | 'stopped'

/**
 * Every stage under every signal. What hurts somebody at half would hurt at a quarter too, so it goes back to nobody at once,
 * and only a person starts it again, from the beginning.
 */
export const STAGES: Readonly<Record<Stage, Readonly<Record<Signal, Stage>>>> = {
  '1': { well: '5', unclear: '1', hurt: 'halted', stopped: 'halted', resumed: '1' },
  '5': { well: '25', unclear: '5', hurt: 'halted', stopped: 'halted', resumed: '5' },
  '25': { well: '50', unclear: '25', hurt: 'halted', stopped: 'halted', resumed: '25' },
  '50': { well: '100', unclear: '50', hurt: 'halted', stopped: 'halted', resumed: '50' },
  '100': { well: '100', unclear: '100', hurt: 'halted', stopped: 'halted', resumed: '100' },
  halted: { well: 'halted', unclear: 'halted', hurt: 'halted', stopped: 'halted', resumed: '1' },
}

/** Share of people at a stage. They are nested: who is in at 5 % is in at 25 %. */
export const SHARE_OF: Readonly<Record<Stage, number>> = {
  '1': 0.01,
  '5': 0.05,
  '25': 0.25,
  '50': 0.5,
  '100': 1,
  halted: 0,
}

/** Where a rollout stands. Plain JSON. */
export interface RolloutState {
  readonly stage: Stage
  /** When it came to this stage, epoch milliseconds. */
  readonly since: number
  /** The signal that brought it here; undefined at the start. */
  readonly signal?: Signal
}

/** At its first stage, since `now`, epoch milliseconds. */
export function startRollout(now: number): RolloutState {
  return { stage: '1', since: now }
}

/** The state after a signal; the same object where the stage stays. */
export function stepRollout(state: RolloutState, signal: Signal, now: number): RolloutState {
  const stage = STAGES[state.stage][signal]
  return stage === state.stage ? state : { stage, since: now, signal }
}

/** What a stage must show before the next. */
export interface StageNeeds {
  /** Milliseconds at the stage. */
  readonly time: number
  /** People who got the new variant while at the stage. */
  readonly people: number
}

/** A guardrail metric's verdict over the people of the rollout. */
export type GuardrailVerdict = 'hurt' | 'not-hurt' | 'too-early'

/** What the guardrails say. A hurt one counts at once; all else waits for time and people. */
export function signalOf(
  verdicts: readonly GuardrailVerdict[],
  people: number,
  state: RolloutState,
  now: number,
  needs: StageNeeds,
): Signal {
  if (verdicts.includes('hurt')) return 'hurt'
  // A clock that went back makes the time negative, which is not enough.
  return now - state.since >= needs.time && people >= needs.people ? 'well' : 'unclear'
}
