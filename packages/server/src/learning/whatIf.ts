import { many } from '@espalier/core'
import { compileLogged, compileLoggedInput, type LoggedNeed, loggedValue, NotLogged } from '@espalier/core/decision'
import type { Definition, PublishedSet } from '@espalier/core/definition'
import { complete } from '@espalier/core/definition'
import { languageOf } from '@espalier/core/plan'
import {
  compilePolicy,
  compilePredict,
  type Model,
  type Policy,
  type PolicySpec,
  type Predict,
  periodMs,
} from '@espalier/core/policy'
import { armMeans, startWhatIf, targetOf, type WhatIf, type WhatIfSums, whatIf } from '@espalier/core/whatif'
import type { CreditQuestion, PolicyRow, Warehouse } from '@espalier/warehouse'
import { trainPolicy } from './training.ts'

/** What is to be judged: a policy as an experience may have it, one variant for everybody, or the default content as the control group has it. */
export type Target = PolicySpec | { readonly kind: 'fixed'; readonly variant: string } | { readonly kind: 'control' }

export interface WhatIfInput {
  readonly set: PublishedSet
  readonly experience: Definition<'experience'>
  /** Variants that earlier versions of the experience had: no policy shows them now, and they are a part of what ran. */
  readonly removed: readonly string[]
  readonly target: Target
  /** People held what they drew under another share of the control group: chances are known among all people only, that group with them. */
  readonly keptAcrossShares?: boolean
  readonly question: CreditQuestion
  readonly confidence: number
}

export interface WhatIfReport extends Partial<WhatIf> {
  readonly verdict: WhatIf['verdict']
  readonly sentence: string
  /** What the numbers rest on, beyond themselves. */
  readonly notes: readonly string[]
}

type Log = Pick<Warehouse, 'drawnAnew' | 'whatIfSums' | 'policyRows' | 'policyTraining' | 'rewardDelays'>

/**
 * Each decision was drawn anew where so much of the change came that there would be then. Less comes where chances are near certain for
 * each person; and where people keep what they have, some of it all the same, of those who became one.
 */
const ANEW = 0.2

/** What another policy would have brought, from the log of the one that ran; or what it would take to tell. */
export async function evaluate(log: Log, input: WhatIfInput): Promise<WhatIfReport> {
  const { repeated, changed, expected } = await log.drawnAnew(input.question)
  if (changed <= ANEW * expected) return evaluated(log, input)
  const question = { ...input.question, importedEach: true }
  const report = await evaluated(log, { ...input, question })
  const note = `Decisions made elsewhere were drawn anew each time (in ${changed} of ${repeated} draw periods with several of one person, they saw several variants): each counts by itself.`
  return { ...report, notes: [note, ...report.notes] }
}

async function evaluated(log: Log, input: WhatIfInput): Promise<WhatIfReport> {
  const report = await judged(log, input)
  if (!input.keptAcrossShares || input.target.kind === 'control' || report.verdict === 'refused') return report
  return { ...report, notes: [WITH_CONTROL, KEPT, ...report.notes] }
}

const WITH_CONTROL = 'What ran is told with its control group.'
const KEPT =
  'People kept what they had drawn while the share of the control group changed, so chances are those among all people.'

async function judged(log: Log, input: WhatIfInput): Promise<WhatIfReport> {
  const { experience, target, question } = input
  const { variants } = complete('experience', experience.body)
  const keys = variants.map(({ key }) => key)
  const fixed = (chances: readonly number[]) => judge(log, input, keys, chances)
  switch (target.kind) {
    case 'control':
      return reportOf(
        await log.whatIfSums({
          ...question,
          withControl: 'all',
          byControl: true,
          variants: armsOf(input, keys),
          chances: [...keys.map(() => 0), 1, ...input.removed.map(() => 0)],
        }),
        input.confidence,
        [WITH_CONTROL],
      )
    case 'fixed':
      return fixed(keys.map(key => (key === target.variant ? 1 : 0)))
    case 'split':
    case 'sticky-split':
      return fixed(shares(variants))
    case 'rollout':
      return { ...(await fixed(keys.map(key => (key === target.variant ? 1 : 0)))), notes: ['As at 100 %.'] }
    case 'rules':
      return streamed(log, input, keys, question, {})
    case 'bandit':
    case 'contextual': {
      const learned = await learnedBefore(log, input, keys)
      if ('refusal' in learned) return refused(learned.refusal)
      const { model, since, note } = learned
      const rest = { ...question, from: since }
      if (target.kind === 'contextual') return streamed(log, input, keys, rest, { model, notes: [note] })
      const policy = policyFor(input, target, { needs: [], knows: [] }, model)
      const { points } = policy.chances({ bucketKey: '', now: question.now, subject: undefined as never })
      const report = await judge(
        log,
        { ...input, question: rest },
        keys,
        [...points].map(p => p / 10_000),
      )
      return { ...report, notes: [...report.notes, note] }
    }
  }
}

function shares(variants: readonly { readonly weight: number }[]): number[] {
  const sum = variants.reduce((total, { weight }) => total + weight, 0)
  return variants.map(({ weight }) => weight / sum)
}

/** What the log may have shown: the variants of now, none of them, and those of before. */
function armsOf({ removed }: WhatIfInput, keys: readonly string[]): string[] {
  return [...keys, '', ...removed]
}

const controlOf = ({ keptAcrossShares }: WhatIfInput) => (keptAcrossShares ? 'all' : 'imported')

/** A target that does not look at the person: sums by SQL. */
async function judge(
  log: Log,
  input: WhatIfInput,
  keys: readonly string[],
  chances: readonly number[],
): Promise<WhatIfReport> {
  const sums = await log.whatIfSums({
    ...input.question,
    withControl: controlOf(input),
    variants: armsOf(input, keys),
    chances: [...chances, 0, ...input.removed.map(() => 0)],
  })
  return reportOf(sums, input.confidence, [])
}

function reportOf(sums: WhatIfSums, confidence: number, notes: readonly string[]): WhatIfReport {
  return { ...whatIf(sums, { confidence }), notes }
}

/** A person as the log has them. */
type Subject = PolicyRow

/** What a policy looks at of logged decisions: what some of a version must have looked at, and what each must tell. */
interface Looks {
  readonly needs: LoggedNeed[]
  readonly knows: ((row: Subject) => boolean)[]
}

function policyFor(
  { set, experience }: WhatIfInput,
  spec: PolicySpec,
  looks: Looks,
  model: Model | undefined,
): Policy<Subject> {
  const language = languageOf(set)
  const { variants, seed = experience.key } = complete('experience', experience.body)
  const rules = spec.kind === 'rules' ? spec.rules.map(({ when }) => compileLogged(when, language)) : []
  const inputs =
    spec.kind === 'contextual'
      ? spec.inputs.map(
          one => [one.key, compileLoggedInput(experience.key, one, ownOf(experience, one.key, language))] as const,
        )
      : []
  for (const { needs, knows } of [...rules, ...inputs.map(([, input]) => input)]) {
    looks.needs.push(...needs)
    if (knows !== undefined) looks.knows.push(knows)
  }
  return compilePolicy<Subject>({
    spec,
    seed,
    variants,
    tests: rules.map(({ test }) => test),
    reads: Object.fromEntries(inputs.map(([key, { read }]) => [key, read])),
    models: model === undefined ? [] : [{ from: Number.NEGATIVE_INFINITY, model }],
  })
}

/** A condition that the running policy asks too is in the log by its name; any other is asked anew of what is logged. */
function ownOf({ body }: Definition<'experience'>, key: string, language: ReturnType<typeof languageOf>) {
  const { policy } = body
  return policy?.kind === 'contextual' && policy.inputs.some(one => one.key === key) ? undefined : language
}

const NO_CLOCK =
  'The log cannot tell: of no decision the zone of the person’s clock is in it. Send context.timezone, or let a policy of this experience ask that time, and ask again when enough people have been seen.'

/** A target that looks at the person: decision by decision, twice, since predictions must come from other people. */
async function streamed(
  log: Log,
  input: WhatIfInput,
  keys: readonly string[],
  asked: CreditQuestion,
  { model, notes = [] }: { readonly model?: Model; readonly notes?: readonly string[] },
): Promise<WhatIfReport> {
  const question: CreditQuestion = { ...asked, withControl: controlOf(input) }
  const looks: Looks = { needs: [], knows: [] }
  let policy: Policy<Subject>
  try {
    policy = policyFor(input, input.target as PolicySpec, looks, model)
  } catch (error) {
    if (error instanceof NotLogged) return refused(`The log cannot tell: ${error.message}.`)
    throw error
  }
  const { needs } = looks
  const all = armsOf(input, keys)
  const first = await survey(log, question, all, needs)
  const unseen = needs.filter((_, i) => first.seen.every(({ needs }) => !needs[i]))
  if (first.rows > 0 && unseen.length > 0) {
    const names = [...new Set(unseen.map(({ name }) => name))].join(', ')
    const imported = first.seen.some(({ version }) => version === 0)
      ? ' Of decisions made elsewhere only the context is known: import it there, and ask for it as context.'
      : ''
    return refused(
      `The log cannot tell: no decision looked at ${names}. Make it an input or a condition of a policy of this experience, and ask again when enough people have been seen.${imported}`,
    )
  }
  const knows = new Set(first.seen.filter(({ needs }) => needs.every(Boolean)).map(({ version }) => version))
  const target = new Float64Array(all.length)
  const predicted = new Float64Array(all.length)
  const predict: Predict<Subject> | undefined = model && compilePredict(model, all, readsOf(input))
  const fold = startWhatIf({ variants: all })
  let left = 0
  let judged = 0
  for await (const page of log.policyRows(question)) {
    for (const row of page) {
      if (row.closesAt > question.now) continue
      if (!row.known || !knows.has(row.definitions) || !looks.knows.every(knows => knows(row))) {
        left++
        continue
      }
      judged++
      targetOf(policy.chances({ bucketKey: row.person, now: row.at, subject: row }), target)
      if (predict) predict(row, predicted)
      else predicted.set(first.means[1 - halfOf(row.person)]!)
      const { person, reward } = row
      const propensity = row.stated ? row.propensity : Number.NaN
      fold.add({ person, propensity, reward, arm: all.indexOf(row.variant), target, predicted })
    }
  }
  if (judged === 0 && left > 0 && looks.knows.length > 0) return refused(NO_CLOCK)
  const told =
    left === 0
      ? []
      : [`${many(left, 'decision is', 'decisions are')} left out: the log does not have what this policy looks at.`]
  return reportOf(fold.sums(), input.confidence, [...notes, ...told])
}

function readsOf({ experience, target, set }: WhatIfInput) {
  if (target.kind !== 'contextual') return {}
  const language = languageOf(set)
  return Object.fromEntries(
    target.inputs.map(one => [
      one.key,
      compileLoggedInput(experience.key, one, ownOf(experience, one.key, language)).read,
    ]),
  )
}

interface Survey {
  readonly rows: number
  /** By version of the definitions, 0 for decisions made elsewhere: which of the needs any decision under it looked at. */
  readonly seen: { readonly version: number; readonly needs: boolean[] }[]
  /** Mean rewards of variants in each half of the people. */
  readonly means: readonly number[][]
}

async function survey(
  log: Log,
  question: CreditQuestion,
  all: readonly string[],
  needs: readonly LoggedNeed[],
): Promise<Survey> {
  const halves = [0, 1].map(() => all.map(() => ({ shown: 0, reward: 0 })))
  const seen = new Map<number, boolean[]>()
  let rows = 0
  for await (const page of log.policyRows(question)) {
    for (const row of page) {
      const arm = halves[halfOf(row.person)]![all.indexOf(row.variant)]
      if (row.closesAt > question.now || arm === undefined) continue
      rows++
      arm.shown++
      arm.reward += row.reward
      // Without its decision nothing is known of it.
      if (!row.known) continue
      const known = seen.get(row.definitions) ?? needs.map(() => false)
      seen.set(row.definitions, known)
      for (const [i, need] of needs.entries()) known[i] ||= loggedValue(row, need) !== undefined
    }
  }
  return {
    rows,
    seen: [...seen].map(([version, needs]) => ({ version, needs })),
    means: halves.map(arms => armMeans(arms)),
  }
}

function halfOf(person: string): 0 | 1 {
  let sum = 0
  for (let i = 0; i < person.length; i++) sum = (sum * 31 + person.charCodeAt(i)) | 0
  // The last bits of such a sum are those of the last letters alone.
  return ((Math.imul(sum, 0x9e3779b1) >>> 31) & 1) as 0 | 1
}

/** A policy that learns is judged by what it would have done with what was known halfway: on the decisions after that. */
async function learnedBefore(
  log: Log,
  { experience, target, question }: WhatIfInput,
  keys: readonly string[],
): Promise<{ readonly model: Model; readonly since: number; readonly note: string } | { readonly refusal: string }> {
  const spec = target as Extract<PolicySpec, { kind: 'bandit' | 'contextual' }>
  const period = periodMs(spec)
  const { first, last } = await log.policyTraining({ ...question, learner: { variants: keys, period } })
  if (first === null || last === null) return { refusal: 'The log has no decision whose window has closed.' }
  const since = Math.ceil((first + last) / 2 / period) * period
  if (since > last) {
    const refusal = `A policy that learns is judged on decisions later than those it learned from, and those of the log whose window has closed do not reach into another draw period (${spec.period ?? '1d'}): let it run on, or ask with a shorter period.`
    return { refusal }
  }
  const { to: _, ...before } = { ...question, period }
  const trained = await trainPolicy(log, {
    workspace: question.workspace,
    experience,
    spec,
    metric: before.metric,
    controls: before.controls,
    currency: before.currency,
    previous: undefined,
    version: 1,
    now: since,
  })
  if (trained.model === undefined) {
    const needed = trained.note.waiting > 0 ? ' It takes a log of at least twice the window of the metric.' : ''
    return {
      refusal: `What such a policy would have learned in the first half cannot be told. ${trained.note.sentence}${needed}`,
    }
  }
  const day = new Date(since).toISOString().slice(0, 16)
  return {
    model: trained.model,
    since,
    note: `It learned from decisions whose window had closed by ${day} UTC, and is judged on those after.${trained.lacks ? ` ${trained.lacks}` : ''}`,
  }
}

function refused(sentence: string): WhatIfReport {
  return { verdict: 'refused', sentence, answer: null, gain: null, estimators: null, honest: null, notes: [] }
}
