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
const LEASE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * Lets policies learn from the log: each is trained once a draw period, shortly before it ends, so that the new version decides in the
 * next; and watches the guardrails of rollouts. One node at a time does it for a workspace.
 */
export class Learner {
  readonly #options: LearnerOptions
  #running: Promise<void> = Promise.resolve()
  #stopped = true
  #wake: () => void = () => {}

  constructor(options: LearnerOptions) {
    this.#options = options
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#running
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
    const { store, definitions, models, holder, now, log, shipper } = this.#options
    const set = await definitions.of(workspace)
    const experiences = learningOf(set)
    if (experiences.length === 0) return 0
    const lease = `learner:${workspace}`
    if (!(await store.leases.acquire(lease, holder, now(), LEASE_MS))) return 0
    const renewal = setInterval(() => {
      void store.leases.acquire(lease, holder, now(), LEASE_MS).catch(() => undefined)
    }, LEASE_MS / 3)
    try {
      let made = 0
      let drained = false
      for (const experience of experiences) {
        if (this.#stopped && made > 0) return made
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
      clearInterval(renewal)
      await store.leases.release(lease, holder)
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
    const state = record.rollout
    if (state === undefined || record.rolledOut !== spec.variant) {
      const rollout = startRollout(now())
      const step = { at: now(), stage: rollout.stage, sentence: `${spec.variant} begins at ${rollout.stage} %.` }
      await models.change(workspace, key, old => ({
        record: { ...old, rollout, rolledOut: spec.variant, steps: stepsOf(old, step) },
      }))
      await definitions.refresh(workspace)
      return
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

  async #run(): Promise<void> {
    const { log } = this.#options
    while (!this.#stopped) {
      try {
        await this.round()
      } catch (error) {
        if (!this.#stopped) log.warn({ err: error }, 'policies could not learn; it is tried again')
      }
      if (this.#stopped) return
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, EVERY_MS)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
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
