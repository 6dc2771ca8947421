import { many } from '@espalier/core'
import type { Definition, PublishedSet } from '@espalier/core/definition'
import { type ArmStatistics, addArms, impact } from '@espalier/core/experiment'
import { type GuardrailVerdict, type PolicySpec, type RolloutState, signalOf, stepRollout } from '@espalier/core/policy'
import { durationMs } from '@espalier/core/time'
import type { Warehouse } from '@espalier/warehouse'
import { settingsOf } from '../pipeline/definitions.ts'
import { metricIn } from './subject.ts'

export type RolloutSpec = Extract<PolicySpec, { kind: 'rollout' }>

export interface Watched {
  /** The same object where the stage stays. */
  readonly state: RolloutState
  readonly sentence: string
}

/** Looks at the guardrails among the people of this stage, and says where the rollout stands then. */
export async function watchRollout(
  warehouse: Pick<Warehouse, 'impact'>,
  workspace: string,
  set: PublishedSet,
  experience: Definition<'experience'>,
  spec: RolloutSpec,
  state: RolloutState,
  now: number,
): Promise<Watched> {
  if (state.stage === 'halted') return { state, sentence: 'It is stopped.' }
  const { currency } = settingsOf(set)
  const verdicts: GuardrailVerdict[] = []
  let people = 0
  for (const key of spec.guardrails) {
    const metric = metricIn(set, key)
    if (metric === undefined) {
      verdicts.push('too-early')
      continue
    }
    const question = { workspace, experience: experience.key, metric, from: state.since, now, currency }
    const { arms, missingRates } = await warehouse.impact(question)
    const [shown, others] = sidesOf(arms, spec)
    people = Math.max(people, shown?.people ?? 0)
    const isKnown = shown !== undefined && others !== undefined && missingRates.length === 0
    verdicts.push(isKnown ? verdictOf(shown, others, metric) : 'too-early')
  }
  const needs = { time: durationMs(spec.stageTime ?? '1d'), people: spec.stagePeople ?? 100 }
  const signal = signalOf(verdicts, people, state, now, needs)
  const hurt = spec.guardrails.filter((_, i) => verdicts[i] === 'hurt')
  return {
    state: stepRollout(state, signal, now),
    sentence:
      signal === 'hurt'
        ? `${hurt.join(' and ')} ${hurt.length === 1 ? 'is' : 'are'} hurt by ${spec.variant} at ${state.stage} %: back to nobody.`
        : `${many(people, 'person', 'people')} saw ${spec.variant} at ${state.stage} % and no guardrail is hurt.`,
  }
}

/** Who got the new variant, and who got what there was before: the others of the rollout, and the control group where that gets the same. */
function sidesOf(arms: readonly ArmStatistics[], spec: RolloutSpec): (ArmStatistics | undefined)[] {
  const isNew = (arm: ArmStatistics) => !arm.control && arm.variant === spec.variant
  const isOld = (arm: ArmStatistics) => !arm.control && arm.variant === (spec.otherwise ?? '')
  const others = arms.filter(arm => isOld(arm) || (arm.control && spec.otherwise === undefined))
  // Everybody has been reached: then there is only the control group to compare with.
  const old = others.length > 0 ? others : arms.filter(arm => arm.control)
  const [shown] = addArms(arms.filter(isNew))
  const [rest] = addArms(old.map(arm => ({ ...arm, control: true, variant: '' })))
  return [shown, rest]
}

function verdictOf(
  shown: ArmStatistics,
  others: ArmStatistics,
  metric: Parameters<typeof impact>[1]['metric'],
): GuardrailVerdict {
  const { variants } = impact([others, shown], { metric })
  const verdict = variants[0]?.verdict.verdict
  if (verdict === 'hurts') return 'hurt'
  return verdict === 'works' || verdict === 'no-worthwhile-difference' ? 'not-hurt' : 'too-early'
}
