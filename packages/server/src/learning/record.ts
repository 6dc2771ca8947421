import type { RolloutRecord } from '@espalier/core/decision'
import type { Stage, Timeline } from '@espalier/core/policy'

/** What the server remembers of an experience's policy. Plain JSON. */
export interface LearningRecord extends RolloutRecord {
  /** Number of the newest version ever made; the next one's is one higher, also after a roll-back. */
  readonly newest: number
  /** Which version decides from when on. */
  readonly timeline: Timeline
  /** Those that are kept, oldest first. */
  readonly versions: readonly VersionNote[]
  readonly last?: TrainingNote
  /** The steps of the rollout, oldest first, of very many the latest. */
  readonly steps?: readonly RolloutStep[]
}

export interface VersionNote {
  readonly version: number
  /** When it was made, epoch milliseconds. */
  readonly at: number
  readonly trainedUntil: number
  /** Version of the experience that it was made for. */
  readonly experience: number
  /** People learned from, by variant. */
  readonly people: Readonly<Record<string, number>>
}

/** What came of the last training, whether or not it made a version. */
export interface TrainingNote {
  readonly at: number
  /** Rows looked at, those whose window is still open, those that cannot be learned from. */
  readonly rows: number
  readonly waiting: number
  readonly refused: number
  readonly milliseconds: number
  /** What came of it; what is served since is the state's to say. */
  readonly sentence: string
}

export interface RolloutStep {
  readonly at: number
  readonly stage: Stage
  /** Why, in plain words. */
  readonly sentence: string
}

/**
 * When a rollout was stopped, and went on. Nobody got the new variant then, though people went on being left out of it, so that nobody who came
 * in that time can be compared. Of what was forgotten of very many steps nothing is known.
 */
export function stoppedTimes({ steps = [] }: LearningRecord): { readonly from: number; readonly to?: number }[] {
  const times: { from: number; to?: number }[] = []
  for (const { at, stage } of steps) {
    const last = times.at(-1)
    const isOpen = last !== undefined && last.to === undefined
    if (stage === 'halted' && !isOpen) times.push({ from: at })
    else if (stage !== 'halted' && isOpen) last.to = at
  }
  return times
}

export const NOTHING: LearningRecord = { newest: 0, timeline: [], versions: [] }
export const MOST_STEPS = 50
