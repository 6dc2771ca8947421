import { type RolledOut, rolledOutBy, rolloutOf } from '@espalier/core/decision'
import type { Definition } from '@espalier/core/definition'
import { type LearningSpec, periodMs, periodOf, periodStart, publish, startRollout } from '@espalier/core/policy'
import type { Store } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { Models } from '../learning/models.ts'
import { type LearningRecord, MOST_STEPS, type TrainingNote } from '../learning/record.ts'
import { type RolloutSpec, watchRollout } from '../learning/rollout.ts'
import { controlsOf, metricIn } from '../learning/subject.ts'
import { type Trained, trainPolicy } from '../learning/training.ts'
import type { LiveDefinitions, LiveSet } from '../pipeline/definitions.ts'
import { DRAIN_MS } from './drainTime.ts'
import { takeLease } from './lease.ts'
import { Rounds } from './rounds.ts'
import type { Shipper } from './shipper.ts'

export interface LearnerOptions {
  readonly store: Pick<Store, 'definitions' | 'leases' | 'keys'>
  readonly warehouse: Pick<Warehouse, 'policyTraining' | 'policyRows' | 'rewardDelays' | 'impact'>
  readonly shipper: Pick<Shipper, 'drain'>
  readonly definitions: LiveDefinitions
  readonly models: Models
  readonly now: () => number
  readonly log: Logger
  readonly holder: string
}

/** How often it is looked whether something is due. */
const EVERY_MS = 30_000
const HOUR_MS = 3_600_000

/**
 * Lets policies learn from the log: each is trained once a draw period, shortly before it ends, so that the new version decides in the
 * next; and watches the guardrails of rollouts. One node at a time does it for a workspace.
 */
export class Learner {
  readonly #options: LearnerOptions
  readonly #rounds: Rounds

  constructor(options: LearnerOptions) {
    this.#options = options
    this.#rounds = new Rounds({
      work: () => this.round(),
      pause: () => EVERY_MS,
      failed: error => options.log.warn({ err: error }, 'policies could not learn; it is tried again'),
    })
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** All that is due now; how many versions were made. */
  async round(): Promise<number> {
    let made = 0
    for (const workspace of await this.#options.store.keys.workspaces()) made += await this.#workspace(workspace)
    return made
  }

  /** Trains now, due or not; `anew`: from the whole log, whatever was learned before. */
  async train(
    workspace: string,
    { key }: Definition<'experience'>,
    anew: boolean = false,
  ): Promise<TrainingNote | undefined> {
    const set = await this.#options.definitions.of(workspace)
    const experience = learningOf(set).find(one => one.key === key)
    if (experience === undefined) return undefined
    await this.#options.shipper.drain(DRAIN_MS)
    return (await this.#train(workspace, set, experience, anew)).last
  }

  async #workspace(workspace: string): Promise<number> {
    const { definitions, models, now, log, shipper } = this.#options
    const set = await definitions.of(workspace)
    const experiences = learningOf(set)
    if (experiences.length === 0) return 0
    const release = await takeLease(this.#options, `learner:${workspace}`)
    if (release === undefined) return 0
    try {
      let made = 0
      let drained = false
      for (const experience of experiences) {
        if (this.#rounds.stopped && made > 0) return made
        const record = await models.record(workspace, experience.key)
        const { policy } = experience.body
        try {
          if (policy?.kind === 'rollout') await this.#watch(workspace, set, experience, policy, record)
          else if (isDue(record, periodMs(policy as LearningSpec), now())) {
            // What was acknowledged is in the log, or this training would be behind by it.
            if (!drained) await shipper.drain(DRAIN_MS)
            drained = true
            const after = await this.#train(workspace, set, experience)
            if (after.newest > record.newest) made++
          }
        } catch (error) {
          log.warn({ err: error, workspace, experience: experience.key }, 'a policy could not learn; it is tried again')
        }
      }
      return made
    } finally {
      await release()
    }
  }

  async #train(
    workspace: string,
    set: LiveSet,
    experience: Definition<'experience'>,
    anew: boolean = false,
  ): Promise<LearningRecord> {
    const { warehouse, models, store, definitions, now, log } = this.#options
    const { key, version, body } = experience
    const spec = body.policy as LearningSpec
    const before = await models.record(workspace, key)
    const started = now()
    const clock = performance.now()
    const trained = await trainPolicy(warehouse, {
      workspace,
      experience,
      spec,
      metric: metricIn(set.published, body.goal),
      controls: await controlsOf(store, workspace, key),
      currency: set.settings.currency,
      previous: anew || before.newest === 0 ? undefined : await models.model(workspace, key, before.newest),
      version: before.newest + 1,
      now: started,
    })
    const note: TrainingNote = { at: started, milliseconds: Math.round(performance.now() - clock), ...trained.note }
    const after = await models.change(workspace, key, record => {
      // Somebody else made a version meanwhile: theirs stands.
      if (record.newest !== before.newest) return { record }
      return noted(record, note, trained, version, periodMs(spec), now())
    })
    if (trained.model !== undefined) {
      await definitions.refresh(workspace)
      log.info({ workspace, experience: key, version: trained.model.version, ...note }, 'a policy has learned')
    }
    return after
  }

  async #watch(
    workspace: string,
    set: LiveSet,
    experience: Definition<'experience'>,
    spec: RolloutSpec,
    record: LearningRecord,
  ): Promise<void> {
    const { warehouse, models, definitions, now, log } = this.#options
    const { key } = experience
    const rolledOut = rolledOutBy(experience.body)!
    const state = rolloutOf(record, rolledOut)
    if (state === undefined || record.rolledOutContent !== rolledOut.content) {
      await models.change(workspace, key, old => ({ record: begun(old, rolledOut, now()) }))
      await definitions.refresh(workspace)
      if (state === undefined) return
    }
    const watched = await watchRollout(warehouse, workspace, set.published, experience, spec, state, now())
    if (watched.state === state) return
    const { stage, since } = watched.state
    await models.change(workspace, key, old =>
      // A person has stopped or resumed it meanwhile.
      old.rollout?.since !== state.since || old.rollout.stage !== state.stage
        ? { record: old }
        : {
            record: {
              ...old,
              rollout: watched.state,
              steps: stepsOf(old, { at: since, stage, sentence: watched.sentence }),
            },
          },
    )
    await definitions.refresh(workspace)
    log.info({ workspace, experience: key, stage }, watched.sentence)
  }
}

/** A record with a rollout of just this; as it is where that has begun. */
export function begun(record: LearningRecord, rolledOut: RolledOut, at: number): LearningRecord {
  const { variant, content } = rolledOut
  if (rolloutOf(record, rolledOut) !== undefined) {
    return record.rolledOutContent === content ? record : { ...record, rolledOutContent: content }
  }
  const rollout = startRollout(at)
  const isNew = record.rolledOut === variant ? ' with new content' : ''
  const step = { at, stage: rollout.stage, sentence: `${variant} begins${isNew} at ${rollout.stage} %.` }
  return { ...record, rollout, rolledOut: variant, rolledOutContent: content, steps: stepsOf(record, step) }
}

export function stepsOf(record: LearningRecord, step: NonNullable<LearningRecord['steps']>[number]) {
  return [...(record.steps ?? []), step].slice(-MOST_STEPS)
}

/** Experiences that run and whose policy learns or is rolled out. */
function learningOf({ published }: LiveSet): Definition<'experience'>[] {
  return published.definitions.filter((one): one is Definition<'experience'> => {
    if (one.kind !== 'experience' || one.archived) return false
    const { policy, status = 'running' } = (one as Definition<'experience'>).body
    if (policy === undefined || status !== 'running') return false
    return policy.kind === 'bandit' || policy.kind === 'contextual' || policy.kind === 'rollout'
  })
}

/** Once a draw period, in its last part; and at once where the last period had no training. */
function isDue({ last }: LearningRecord, period: number, now: number): boolean {
  if (last === undefined || last.at < now - period || last.at > now) return true
  const lead = Math.min(HOUR_MS, period / 4)
  const from = periodStart(periodOf(now, period) + 1, period) - lead
  return now >= from && last.at < from
}

function noted(
  record: LearningRecord,
  note: TrainingNote,
  { model }: Trained,
  experience: number,
  period: number,
  now: number,
): { record: LearningRecord; model?: NonNullable<Trained['model']> } {
  if (model === undefined) return { record: { ...record, last: note } }
  const people = Object.fromEntries(model.arms.map(arm => [arm.variant, arm.people]))
  const version = { version: model.version, at: note.at, trainedUntil: model.trainedUntil, experience, people }
  return {
    record: {
      ...record,
      newest: model.version,
      timeline: publish(record.timeline, model.version, now, period),
      versions: [...record.versions, version],
      last: note,
    },
    model,
  }
}
