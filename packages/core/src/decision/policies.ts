import type { Definition, PublishedSet } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import { complete } from '../definition/normalise.ts'
import { splitPath, valueAt } from '../filter/path.ts'
import { languageOf } from '../plan/needs.ts'
import { compilePolicy } from '../policy/compile.ts'
import type { Reads as InputReads } from '../policy/contextual.ts'
import { modelFits } from '../policy/fits.ts'
import type { ModelInForce } from '../policy/learned.ts'
import type { InputSpec, PolicySpec } from '../policy/spec.ts'
import { compiler } from '../segment/compile.ts'
import { traitReader } from '../segment/conditions/trait.ts'
import { type CompiledCondition, type Fact, READS_NOTHING, type Reads, unionReads } from '../segment/node.ts'
import type { Subject } from '../segment/subject.ts'
import type { CompiledPolicy, PolicyOf } from './policy.ts'
import { type RolloutRecord, rolledOutBy, rolloutOf } from './rolledOut.ts'

/** What is known of an experience's policy beyond its definition. */
export interface Learned extends RolloutRecord {
  /** In order of the moment from which on they are in force. Those of an earlier definition that fit no more are passed over. */
  readonly models?: readonly ModelInForce[]
}

/** By the experience's key; undefined: nothing yet. */
export type LearnedOf = (experience: string) => Learned | undefined

/** The policies of a set, as its experiences declare them; the split where they declare none. */
export function policiesOf(set: PublishedSet, learnedOf: LearnedOf = () => undefined): PolicyOf {
  const compileCondition = compiler(languageOf(set))
  return experience => policyOf(experience, learnedOf(experience.key), compileCondition)
}

function policyOf(
  { key, body }: Definition<'experience'>,
  learned: Learned | undefined,
  compileCondition: (condition: Experience['audience'] & object) => CompiledCondition,
): CompiledPolicy | undefined {
  const { policy: spec, variants, seed = key } = complete('experience', body)
  // The split is drawn as it was before there were policies.
  if (spec === undefined || spec.kind === 'split') return undefined
  const rules = spec.kind === 'rules' ? spec.rules.map(({ when }) => compileCondition(when)) : []
  const inputs = spec.kind === 'contextual' ? spec.inputs.map(input => readerOf(key, input, compileCondition)) : []
  const models = learned?.models?.filter(({ model }) => learns(spec) && modelFits(spec, model)) ?? []
  const rolledOut = rolledOutBy(body)
  const rollout = learned && rolledOut && rolloutOf(learned, rolledOut)
  const policy = compilePolicy<Subject>({
    spec,
    seed,
    variants,
    tests: rules.map(({ test }) => test),
    reads: Object.fromEntries(inputs.map(({ key, read }) => [key, read])),
    models,
    ...(rollout && { rollout }),
  })
  return {
    reads: unionReads([...rules, ...inputs].map(({ reads }) => reads)),
    choose(subject, bucketKey, held) {
      const { arm, propensity, model, basis } = policy.choose({
        bucketKey,
        now: subject.now,
        subject,
        ...(held && { held }),
      })
      return {
        variant: arm,
        propensity,
        ...(model > 0 && { model: String(model) }),
        ...(basis === 'held' && { held: true }),
      }
    },
    ...(spec.kind === 'sticky-split' && { sticky: spec.audience ?? 'once' }),
    state: policy.state,
  }
}

function learns(spec: PolicySpec): spec is Extract<PolicySpec, { kind: 'bandit' | 'contextual' }> {
  return spec.kind === 'bandit' || spec.kind === 'contextual'
}

interface InputReader {
  readonly key: string
  readonly read: InputReads<Subject>[string]
  /** With them its value can be had back from the log. */
  readonly reads: Reads
}

/** Under which name the truth of an input's condition is logged. */
export const inputFact = (experience: string, input: string) => `input:${experience}:${input}`

function readerOf(
  experience: string,
  { key, from }: InputSpec,
  compileCondition: (condition: Experience['audience'] & object) => CompiledCondition,
): InputReader {
  if ('trait' in from) {
    const read = traitReader(from.trait)
    return { key, read: ({ profile }) => read(profile), reads: { ...READS_NOTHING, traits: [from.trait] } }
  }
  if ('context' in from) {
    const steps = splitPath(from.context)
    return {
      key,
      read: ({ context }) => valueAt(context, steps),
      reads: { ...READS_NOTHING, context: [from.context] },
    }
  }
  if ('computed' in from) {
    const { reads } = compileCondition({ computed: from.computed, exists: true })
    return { key, read: reads.facts[0]!.read, reads }
  }
  const { test, reads } = compileCondition(from.when)
  const fact: Fact = { name: inputFact(experience, key), read: test }
  return { key, read: test, reads: unionReads([reads, { ...READS_NOTHING, facts: [fact] }]) }
}
