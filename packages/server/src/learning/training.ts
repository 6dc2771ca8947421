import { many } from '@espalier/core'
import type { Definition, Metric } from '@espalier/core/definition'
import { complete, unfitToLearn } from '@espalier/core/definition'
import {
  compilePolicy,
  type DelayModel,
  declaredInputs,
  delayTable,
  type Encoding,
  fitEncoding,
  type InputSpec,
  type InputSums,
  type Learner,
  type LearningSpec,
  learnerOf,
  type Model,
  modelFits,
  nextModel,
  noArmSums,
  periodMs,
  periodOf,
  periodStart,
  type Refusals,
  startTraining,
} from '@espalier/core/policy'
import { durationMs } from '@espalier/core/time'
import type { CreditQuestion, PolicyRow, Warehouse } from '@espalier/warehouse'
import type { TrainingNote } from './record.ts'
import { loggedReaders } from './subject.ts'

export interface TrainingInput {
  readonly workspace: string
  readonly experience: Definition<'experience'>
  readonly spec: LearningSpec
  readonly metric: Metric | undefined
  readonly controls: CreditQuestion['controls']
  /** Of amounts that name none. */
  readonly currency: string | undefined
  /** The newest model: what a contextual bandit goes on from where it still fits. */
  readonly previous: Model | undefined
  /** Of the model that is made. */
  readonly version: number
  readonly now: number
}

export interface Trained {
  /** Undefined: there is nothing new to learn from. */
  readonly model?: Model
  /** Of which variants the model knows too little to decide, in a sentence; '' where of none. */
  readonly lacks?: string
  readonly note: Omit<TrainingNote, 'at' | 'milliseconds'>
}

type Log = Pick<Warehouse, 'policyTraining' | 'policyRows' | 'rewardDelays'>

/** After so many half-lives a result counts less than a millionth. */
const FADED = 20

/**
 * Devices send what they held back for days, and people become one when they log in: until so long after its window has closed and its
 * draw period is over, a row is looked at anew by each training. As long as a repeated message is known.
 */
const SETTLING_MS = 7 * 86_400_000

/** Makes a model of what the log says up to now. */
export async function trainPolicy(log: Log, input: TrainingInput): Promise<Trained> {
  const { spec, metric, workspace, experience, controls, now } = input
  const unfit = metric === undefined ? 'there is no such metric' : unfitToLearn(metric, spec)?.[0]
  if (unfit !== undefined || metric === undefined) {
    return without(`Nothing can be learned from goal "${experience.body.goal ?? ''}": ${unfit}.`)
  }
  const { halfLife } = spec
  const question: CreditQuestion = {
    workspace,
    experience: experience.key,
    metric,
    reward: spec.reward === 'value' ? 'value' : 'conversion',
    period: periodMs(spec),
    controls,
    ...(input.currency !== undefined && { currency: input.currency }),
    now,
    ...(halfLife !== undefined && { from: now - FADED * durationMs(halfLife) }),
  }
  const delay = spec.delay === 'learned' ? delayTable(await log.rewardDelays(question)) : undefined
  return spec.kind === 'bandit'
    ? trainBandit(log, input, question, delay)
    : trainContextual(log, input, question, delay)
}

function variantsOf({ experience }: TrainingInput): { key: string; weight: number }[] {
  return complete('experience', experience.body).variants
}

/** From sums of the whole log: so what came late, was erased or became one person is as it is now. */
async function trainBandit(
  log: Log,
  input: TrainingInput,
  question: CreditQuestion,
  delay: DelayModel | undefined,
): Promise<Trained> {
  const { spec, previous, version, now } = input
  const learner = learnerOf(spec, { variants: variantsOf(input).map(({ key }) => key), ...(delay && { delay }) })
  const found = await log.policyTraining({ ...question, learner })
  const counts = { rows: found.rows, waiting: found.waiting, refused: found.refused }
  if (found.lost > 0) return without(ratesMissing(found.lost), counts)
  const period = periodOf(now, learner.period)
  const all = (arms: typeof found.closed) => ({
    period,
    arms: [...learner.variants].sort().map(variant => arms.find(arm => arm.variant === variant) ?? noArmSums(variant)),
  })
  const made = nextModel(learner, undefined, { closed: all(found.closed), open: all(found.open) }, now)
  if (made.arms.every(({ people }) => people === 0)) return without(nothingYet(found.waiting), counts)
  if (previous !== undefined && modelFits(spec, previous) && sameArms(previous, made)) {
    return { note: { ...counts, sentence: `Nothing new since version ${previous.version}.` } }
  }
  const model = { ...made, version }
  return madeOf(input, model, counts)
}

const sameArms = (a: Model, b: Model) => JSON.stringify(a.arms) === JSON.stringify(b.arms)

/** From rows, a page of people at a time, going on from the version before where that learned of the same. */
async function trainContextual(
  log: Log,
  input: TrainingInput,
  question: CreditQuestion,
  delay: DelayModel | undefined,
): Promise<Trained> {
  const { spec, version, now, experience } = input
  const variants = variantsOf(input).map(({ key }) => key)
  const inputs: readonly InputSpec[] = spec.kind === 'contextual' ? spec.inputs : []
  const inContext = inputs.every(({ from }) => 'context' in from)
  const read = loggedReaders(experience.key, inputs)
  const of = subjectOf(spec, question)
  const previous = input.previous && goesOn(input.previous, of, spec, variants, now) ? input.previous : undefined
  const window = durationMs(question.metric.window!)
  const { period } = question
  const settled = (previous?.trainedUntil ?? 0) - SETTLING_MS
  const span: CreditQuestion & { closesAfter?: number } =
    previous === undefined
      ? question
      : {
          ...question,
          // Whole periods, so that the last decision of each is known.
          from: periodStart(periodOf(settled - window, period), period),
          // At the least: a row's draw period ends within one of its decision, and the training passes over those it knows.
          closesAfter: settled - period,
        }
  const encoding =
    previous !== undefined && 'encoding' in previous ? previous.encoding : await fitFrom(log, span, inputs, read)
  const learner: Learner = learnerOf(spec, { variants, encoding, ...(delay && { delay }) })
  const trainer = startTraining(learner, previous, now)
  const counts = { rows: 0, waiting: 0, refused: 0 }
  let lost = 0
  for await (const page of log.policyRows(span)) {
    for (const row of page) {
      counts.rows++
      lost += row.lost
      // A decision that is not in the log says nothing of its inputs, and one made elsewhere only of its context.
      if (!row.known || (row.definitions === 0 && !inContext)) counts.refused++
      else {
        const over = periodStart(periodOf(row.at, period) + 1, period)
        const finalAt = Math.max(row.closesAt, over) + SETTLING_MS
        trainer.add({ ...row, decidedAt: row.at, finalAt, inputs: read(row) })
      }
    }
  }
  if (lost > 0) return without(ratesMissing(lost), counts)
  const { model: made, refused, waiting } = trainer.finish()
  counts.waiting = waiting
  counts.refused += total(refused)
  if (made.arms.every(({ people }) => people === 0)) return without(nothingYet(waiting), counts)
  if (previous !== undefined && sameArms(previous, made)) {
    return { note: { ...counts, sentence: `Nothing new since version ${previous.version}.` } }
  }
  const model = { ...made, version, of }
  return madeOf(input, model, counts)
}

/** What a contextual bandit learns of: rewards, rows and inputs of anything else do not add up with these. */
function subjectOf(spec: LearningSpec, { metric, reward, period, currency: home }: CreditQuestion): string {
  const { type, event, where, property, currency, refund, window, direction } = metric
  const { halfLife, balance } = spec
  const inputs = spec.kind === 'contextual' ? spec.inputs : []
  const money = currency && { currency, home }
  const counted = { type, event, where, property, money, refund, window, direction }
  // Sums of what fades were once of other squares, and those do not add up with these.
  const fades = halfLife === undefined ? {} : { fades: 'as noise' }
  return JSON.stringify({ reward, ...counted, period, halfLife, balance, inputs, settling: SETTLING_MS, ...fades })
}

/** Another goal, period, inputs or variants, or a clock that went back: then everything is learned anew. */
function goesOn(previous: Model, of: string, spec: LearningSpec, variants: readonly string[], now: number): boolean {
  const known = new Set(previous.arms.map(({ variant }) => variant))
  return (
    previous.of === of &&
    modelFits(spec, previous) &&
    previous.trainedUntil <= now &&
    known.size === variants.length &&
    variants.every(variant => known.has(variant))
  )
}

async function fitFrom(
  log: Log,
  question: CreditQuestion,
  inputs: readonly InputSpec[],
  read: (row: PolicyRow) => Record<string, unknown>,
): Promise<Encoding> {
  const numeric = inputs.filter(({ kind }) => kind === 'numeric')
  const sums: Record<string, { -readonly [K in keyof InputSums]: InputSums[K] }> = {}
  for (const { key } of numeric) sums[key] = { n: 0, sum: 0, sumSquares: 0 }
  if (numeric.length > 0) {
    for await (const page of log.policyRows(question)) {
      for (const row of page) {
        const values = read(row)
        for (const { key } of numeric) {
          const value = values[key]
          if (typeof value !== 'number' || !Number.isFinite(value)) continue
          const sum = sums[key]!
          sum.n++
          sum.sum += value
          sum.sumSquares += value * value
        }
      }
      // Tens of thousands of people tell mean and spread well enough: one page.
      break
    }
  }
  return fitEncoding(declaredInputs(inputs), sums)
}

/** What came of it. Not what is served: that changes with time, a new version comes into force later, and one can be gone back from. */
function madeOf(
  input: TrainingInput,
  model: Model,
  counts: Omit<TrainingNote, 'at' | 'milliseconds' | 'sentence'>,
): Trained {
  const lacks = lacking(input, model)
  return { model, lacks, note: { ...counts, sentence: `Version ${model.version} was made.${lacks && ` ${lacks}`}` } }
}

function lacking(input: TrainingInput, model: Model): string {
  const policy = compilePolicy<unknown>({
    spec: input.spec,
    seed: input.experience.key,
    variants: variantsOf(input),
    models: [{ from: Number.NEGATIVE_INFINITY, model }],
  })
  const { arms } = policy.state(input.now)
  const few = arms.filter(({ people, needed }) => (people ?? 0) < (needed ?? 0))
  if (few.length === 0) return ''
  const counts = few.map(({ variant, people }) => `${variant} has ${Math.floor(people ?? 0)}`).join(', ')
  return `It knows too little where the split goes on: ${counts} of the ${few[0]?.needed} people it takes.`
}

function without(sentence: string, counts = { rows: 0, waiting: 0, refused: 0 }): Trained {
  return { note: { ...counts, sentence } }
}

const ratesMissing = (lost: number) =>
  `Amounts cannot be added up: ${many(lost, 'amount has', 'amounts have')} no exchange rate. Import daily rates by POST /v1/rates.`

const nothingYet = (waiting: number) =>
  waiting === 0
    ? 'Nothing to learn from yet: nobody has been seen.'
    : `Nothing to learn from yet: ${many(waiting, 'decision waits for its', 'decisions wait for their')} window to close.`

const total = (refused: Refusals) => Object.values(refused).reduce((sum, n) => sum + n, 0)
