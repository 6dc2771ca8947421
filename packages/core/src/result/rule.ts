import type { Statistic } from '../definition/metric.ts'
import { addArms } from '../experiment/arm.ts'
import type { Estimate } from '../experiment/estimate.ts'
import {
  type CurvePoint,
  type GroupArm,
  qiniCoefficient,
  qiniCurve,
  qiniEstimate,
  type RankedGroup,
} from '../experiment/qini.ts'
import { judgeTargeting, type TargetingReport } from '../experiment/targeting.ts'
import { chooseByUplift, learnUplift, type UpliftModel, upliftOf } from '../experiment/uplift.ts'
import { type EvidenceCell, segmentsOf } from './cells.ts'
import type { EvidenceOptions } from './evidence.ts'

/** Who should get what, and what that would have brought to people it was not learned from. */
export interface Rule {
  readonly model: UpliftModel
  readonly learnedFrom: number
  readonly judged: TargetingReport
  /** How well each variant's scores rank people by what it does to them. Of a KPI of which less is better, by what it saves. */
  readonly ranking: readonly {
    readonly variant: string
    readonly qini: Estimate
    readonly coefficient: number | null
    readonly curve: readonly CurvePoint[]
  }[]
  readonly sentence: string
}

/** Null of a KPI that is no mean over people, where chances changed from person to person or with the version or were none, and where a half has nobody to compare. */
export function ruleOf(
  names: readonly string[],
  cells: readonly EvidenceCell[],
  { type, direction = 'up', confidence }: EvidenceOptions,
): Rule | null {
  const changed = cells.some(
    ({ arm }) => arm.weights !== undefined || arm.certain || arm.stratum !== cells[0]?.arm.stratum,
  )
  if ((type !== 'conversion' && type !== 'sum') || changed) return null
  const [learning, judging] = [cells.filter(({ half }) => half === 0), cells.filter(({ half }) => half === 1)]
  const model = learnUplift(segmentsOf(names, learning), type)
  if (model.variants.length === 0) return null
  const personOf = ({ values }: EvidenceCell) => Object.fromEntries(names.map((name, i) => [name, values[i]!]))
  const choices = new Map<string, EvidenceCell[]>()
  for (const cell of judging) {
    const choice = chooseByUplift(model, personOf(cell), { direction })
    choices.set(choice, [...(choices.get(choice) ?? []), cell])
  }
  const judged = judgeTargeting(
    [...choices].map(([choice, own]) => ({ choice, arms: addArms(own.map(({ arm }) => arm)) })),
    type,
    { direction, ...(confidence !== undefined && { confidence }) },
  )
  const sign = direction === 'up' ? 1 : -1
  const ranking = model.variants.map(one => {
    const scored = judging.map(cell => ({
      cell,
      score: sign * upliftOf(one, personOf(cell)),
      gained: direction === 'up' ? cell.arm : saved(cell.arm, type),
    }))
    const groups = ranked(scored, one.variant)
    return {
      variant: one.variant,
      qini: qiniEstimate(groups, confidence),
      coefficient: type === 'conversion' ? qiniCoefficient(groups) : null,
      curve: qiniCurve(groups),
    }
  })
  const learnedFrom = learning.reduce((sum, { arm }) => sum + arm.people, 0)
  return { model, learnedFrom, judged, ranking, sentence: sentenceOf(judged) }
}

/** The people in order of their score, in groups of equal score, or of a twentieth of the people. */
function ranked(
  scored: readonly { cell: EvidenceCell; score: number; gained: GroupArm }[],
  variant: string,
): RankedGroup[] {
  const own = scored.filter(({ cell: { arm } }) => arm.control || arm.variant === variant)
  const twentieth = own.reduce((sum, { cell }) => sum + cell.arm.people, 0) / 20
  const groups: { group: RankedGroup; score: number; people: number }[] = []
  for (const { cell, score, gained } of [...own].sort((a, b) => b.score - a.score)) {
    const { arm } = cell
    const open = groups.at(-1)
    const fits = open !== undefined && (open.score === score || open.people < twentieth)
    const into = fits ? open : { group: NOBODY, score, people: 0 }
    if (!fits) groups.push(into)
    const side = arm.control ? 'control' : 'treatment'
    into.group = { ...into.group, [side]: plus(into.group[side], gained) }
    into.people += arm.people
    into.score = score
  }
  return groups.map(({ group }) => group)
}

/** What is better the less there is of it as something of which more is better: a conversion that did not happen, an amount that was not spent. */
function saved({ people, sum, sumSquares }: GroupArm, type: Statistic): GroupArm {
  return type === 'conversion'
    ? { people, sum: people - sum, sumSquares: people - sum }
    : { people, sum: -sum, sumSquares }
}

const EMPTY: GroupArm = { people: 0, sum: 0, sumSquares: 0 }
const NOBODY: RankedGroup = { treatment: EMPTY, control: EMPTY }

function plus(a: GroupArm, b: GroupArm): GroupArm {
  return { people: a.people + b.people, sum: a.sum + b.sum, sumSquares: a.sumSquares + b.sumSquares }
}

function sentenceOf({ overBestSingle, bestSingle, choices, people }: TargetingReport): string {
  if (people === 0) return 'There is nobody to judge the rule on.'
  const best = bestSingle === null || bestSingle === '' ? 'the default' : bestSingle
  const whom = [...choices]
    .sort((a, b) => b.people - a.people)
    .map(({ choice, share }) => `${choice || 'the default'} to ${Math.round(100 * share)} %`)
    .join(', ')
  const { value, interval } = overBestSingle
  if (value === null) return `The rule gives ${whom}; what it adds cannot be said.`
  const clearly = interval !== null && (interval[0] > 0 || interval[1] < 0)
  const range = interval === null ? '' : ` (${plain(interval[0])} to ${plain(interval[1])})`
  return `The rule gives ${whom}: ${plain(value)}${range} a person against ${best} for everybody${clearly ? '' : ', which may be chance'}.`
}

const plain = (value: number) => Number(value.toPrecision(3)).toString()
