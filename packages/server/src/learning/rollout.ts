import { many } from '@espalier/core'
import { type Definition, type Metric, type PublishedSet, settingsOf } from '@espalier/core/definition'
import { type ArmStatistics, addArms, DEFAULT_CONFIDENCE, impact, type QuantilesByArm } from '@espalier/core/experiment'
import { type GuardrailVerdict, type PolicySpec, type RolloutState, signalOf, stepRollout } from '@espalier/core/policy'
import { durationMs } from '@espalier/core/time'
import type { ImpactStatistics, Warehouse } from '@espalier/warehouse'
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
  // They share one chance of error: a stage that does no harm is stopped no more often for being watched by more of them.
  const confidence = 1 - (1 - DEFAULT_CONFIDENCE) / spec.guardrails.length
  const verdicts: GuardrailVerdict[] = []
  let people = 0
  for (const key of spec.guardrails) {
    const metric = metricIn(set, key)
    if (metric === undefined) {
      verdicts.push('too-early')
      continue
    }
    const question = { workspace, experience: experience.key, metric, from: state.since, now, currency }
    const statistics = await warehouse.impact(question)
    const { shown, others, quantiles } = sidesOf(statistics, spec)
    people = Math.max(people, shown?.people ?? 0)
    const isKnown = shown !== undefined && others !== undefined && statistics.missingRates.length === 0
    verdicts.push(isKnown ? verdictOf({ shown, others, quantiles }, metric, confidence) : 'too-early')
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

interface Sides {
  readonly shown: ArmStatistics
  /** As if they were the control group. */
  readonly others: ArmStatistics
  /** Of a quantile: of the two sides. */
  readonly quantiles: QuantilesByArm | undefined
}

/**
 * Who got the new variant, and who got what there was before: the others of the rollout, and the control group where that gets the same.
 * Quantiles do not add, so one is compared with the larger of these two.
 */
function sidesOf({ arms, quantiles }: ImpactStatistics, spec: RolloutSpec): Partial<Sides> {
  const isNew = (arm: Arm) => !arm.control && arm.variant === spec.variant
  const isOld = (arm: Arm) => !arm.control && arm.variant === (spec.otherwise ?? '')
  const others = arms.filter(arm => isOld(arm) || (arm.control && spec.otherwise === undefined))
  // Everybody has been reached: then there is only the control group to compare with.
  const old = others.length > 0 ? others : arms.filter(arm => arm.control)
  const compared = quantiles === undefined ? old : old.toSorted((a, b) => b.people - a.people).slice(0, 1)
  const [shown] = addArms(arms.filter(isNew))
  const [rest] = addArms(compared.map(asControl))
  if (shown === undefined || rest === undefined) return { ...(shown && { shown }) }
  const isCompared = (arm: Arm) => compared.some(one => one.control === arm.control && one.variant === arm.variant)
  return {
    shown,
    others: rest,
    quantiles: quantiles && {
      ...quantiles,
      arms: [...quantiles.arms.filter(isCompared).map(asControl), ...quantiles.arms.filter(isNew)],
      together: quantiles.arms.find(isNew) ?? null,
    },
  }
}

type Arm = Pick<ArmStatistics, 'control' | 'variant'>

const asControl = <A extends Arm>(arm: A): A => ({ ...arm, control: true, variant: '' })

function verdictOf({ shown, others, quantiles }: Sides, metric: Metric, confidence: number): GuardrailVerdict {
  const { variants } = impact([others, shown], { metric, confidence, ...(quantiles && { quantiles }) })
  const verdict = variants[0]?.verdict.verdict
  if (verdict === 'hurts') return 'hurt'
  return verdict === 'works' || verdict === 'no-worthwhile-difference' ? 'not-hurt' : 'too-early'
}
