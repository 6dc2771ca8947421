import { type RolledOut, rolledOutBy, rolloutOf } from '@espalier/core/decision'
import type { Definition } from '@espalier/core/definition'
import { periodMs, rollBack, type Signal, stepRollout } from '@espalier/core/policy'
import Type from 'typebox'
import { experienceIn } from '../../learning/subject.ts'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { begun, stepsOf } from '../../workers/learner.ts'
import { route } from '../route.ts'

const Key = Type.Object({ key: Type.String({ maxLength: 100 }) })
const Anything = Type.Record(Type.String(), Type.Unknown())

const View = Type.Object({
  experience: Type.String(),
  policy: Type.String({ description: 'Its kind.' }),
  sentence: Type.String({ description: 'What it knows and whether that is enough, in words.' }),
  state: Type.Union([Anything, Type.Null()], {
    description:
      'By variant: chance of being shown where it does not depend on the person, people learned from, and how many it takes.',
  }),
  newest: Type.Integer({ description: 'The newest version; 0: none yet.' }),
  timeline: Type.Array(Type.Object({ from: Type.Integer(), version: Type.Integer() }), {
    description: 'Which version decides from when on, epoch milliseconds.',
  }),
  versions: Type.Array(Anything, { description: 'Those that can be gone back to.' }),
  last: Type.Union([Anything, Type.Null()], {
    description: 'What came of the last training; its sentence also says what is served now.',
  }),
  rollout: Type.Union([Anything, Type.Null()]),
  steps: Type.Array(Anything, { description: 'How the rollout went.' }),
})

export const getModel = route({
  method: 'GET',
  path: '/v1/experiences/{key}/model',
  access: 'read',
  tag: 'Decisions',
  summary: 'What an experience’s policy has learned',
  params: Key,
  answer: { description: 'Versions, from when on each decides, and what is missing.', schema: View },
  errors: ['not_found'],
  handle: ({ workspace, params }, services) => view(services, workspace, params.key),
})

export const postModel = route({
  method: 'POST',
  path: '/v1/experiences/{key}/model',
  access: 'secret',
  tag: 'Decisions',
  summary: 'Train an experience’s policy now, or go back to an earlier version; stop or resume a rollout',
  description:
    'A version decides from the next draw period on, so nobody is moved within one; `when: this period` puts an earlier one in force at once, for a model that does harm.',
  params: Key,
  body: Type.Object(
    {
      action: Type.Enum(['train', 'rollBack', 'stop', 'resume'], { type: 'string' }),
      version: Type.Optional(Type.Integer({ minimum: 1, description: 'To go back to.' })),
      anew: Type.Optional(
        Type.Boolean({
          default: false,
          description:
            'Of train: from the whole log, rather than going on from the version before, such as when events of long ago were imported or people were erased. A bandit without inputs always does.',
        }),
      ),
      when: Type.Optional(Type.Enum(['next period', 'this period'], { type: 'string', default: 'next period' })),
    },
    { additionalProperties: false },
  ),
  answer: { description: 'As by GET, afterwards.', schema: View },
  errors: ['not_found', 'conflict', 'warehouse_unavailable'],
  async handle({ workspace, params, body }, services) {
    const experience = await experienceOf(services, workspace, params.key)
    const { policy } = experience.body
    const learns = policy?.kind === 'bandit' || policy?.kind === 'contextual'
    if (body.action === 'train') {
      if (!learns) throw unsuited(experience, 'learns nothing')
      const note = await services.learner.train(workspace, experience, body.anew)
      if (note === undefined) throw unsuited(experience, 'is not running')
    } else if (body.action === 'rollBack') {
      if (!learns) throw unsuited(experience, 'learns nothing')
      await goBack(services, workspace, params.key, periodMs(policy), body.version, body.when)
    } else {
      const rolledOut = rolledOutBy(experience.body)
      if (rolledOut === undefined) throw unsuited(experience, 'is no rollout')
      await signal(services, workspace, params.key, rolledOut, body.action === 'stop' ? 'stopped' : 'resumed')
    }
    await services.definitions.refresh(workspace)
    return view(services, workspace, params.key)
  },
})

function unsuited({ key, body }: Definition<'experience'>, why: string): Problem {
  const kind = body.policy?.kind ?? 'split'
  return new Problem('invalid', `Experience "${key}" has policy ${kind}, which ${why}.`, { path: 'body.action' })
}

async function goBack(
  { models, now }: Services,
  workspace: string,
  key: string,
  period: number,
  version: number | undefined,
  when: 'next period' | 'this period' = 'next period',
): Promise<void> {
  if (version === undefined) {
    throw new Problem('invalid', 'body.version is missing: name the version to go back to.', { path: 'body.version' })
  }
  await models.change(workspace, key, record => {
    try {
      return { record: { ...record, timeline: rollBack(record.timeline, version, now(), period, when) } }
    } catch (error) {
      if (error instanceof RangeError)
        throw new Problem('invalid', `${error.message}.`, { path: 'body.version', cause: error })
      throw error
    }
  })
}

async function signal(
  { models, now }: Services,
  workspace: string,
  key: string,
  rolledOut: RolledOut,
  given: Signal,
): Promise<void> {
  await models.change(workspace, key, before => {
    // Also one that no worker has looked at yet.
    const record = begun(before, rolledOut, now())
    const rollout = stepRollout(record.rollout!, given, now())
    if (rollout === record.rollout) return { record }
    const sentence = given === 'stopped' ? 'Stopped by hand.' : 'Resumed by hand, from the beginning.'
    return {
      record: { ...record, rollout, steps: stepsOf(record, { at: now(), stage: rollout.stage, sentence }) },
    }
  })
}

async function experienceOf(services: Services, workspace: string, key: string): Promise<Definition<'experience'>> {
  const { published } = await services.definitions.of(workspace)
  const experience = experienceIn(published, key)
  if (experience === undefined) throw new Problem('not_found', `There is no experience "${key}".`)
  return experience
}

async function view(services: Services, workspace: string, key: string) {
  const { body } = await experienceOf(services, workspace, key)
  const { compiled } = await services.definitions.of(workspace)
  const record = await services.models.record(workspace, key)
  const { newest, timeline, versions, last, steps } = record
  const state = compiled.experiences.get(key)?.policy?.state?.(services.now())
  const rolledOut = rolledOutBy(body)
  return {
    experience: key,
    policy: body.policy?.kind ?? 'split',
    sentence: state?.sentence ?? 'Stated shares.',
    state: state ?? null,
    newest,
    timeline,
    versions,
    last:
      last === undefined
        ? null
        : { ...last, sentence: `${last.sentence} ${state?.serves ?? state?.sentence ?? 'Stated shares.'}` },
    rollout: (rolledOut && rolloutOf(record, rolledOut)) ?? null,
    steps: steps ?? [],
  }
}
