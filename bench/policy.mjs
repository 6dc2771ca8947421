import { compilePolicy, fitEncoding, learnerOf, train } from '@espalier/core/policy'
import { random } from '@espalier/core/random'
import { startWhatIf } from '@espalier/core/whatif'

const VARIANTS = ['a', 'b', 'c', 'd']
const DAY = 86_400_000

/** 16 inputs: 12 numbers, 2 booleans and 2 of 3 levels, which make 21 columns with the constant. */
const INPUTS = [
  ...Array.from({ length: 12 }, (_, i) => ({ key: `n${i}`, kind: 'numeric' })),
  ...Array.from({ length: 2 }, (_, i) => ({ key: `b${i}`, kind: 'boolean' })),
  ...Array.from({ length: 2 }, (_, i) => ({ key: `c${i}`, kind: 'categorical', levels: ['x', 'y', 'z'] })),
]

/** What one choice of a policy costs, without HTTP, store or log. See README.md. */
export async function bench({ full, log }) {
  const people = Array.from({ length: 20_000 }, (_, i) => person(random(`person ${i}`), i))
  const rows = people.map(rowOf)
  const spec = { kind: 'contextual', inputs: INPUTS.map(input => ({ ...input, from: { context: input.key } })) }
  const encoding = fitEncoding(INPUTS, {})
  const learner = learnerOf(spec, { variants: VARIANTS, encoding })
  const [{ model }, trainSeconds] = cpuSeconds(() => train(learner, undefined, rows, 3 * DAY))
  log(`trained a logistic model of ${rows.length} rows in ${trainSeconds.toFixed(2)} s`)

  const weights = VARIANTS.map(key => ({ key, weight: 1 / VARIANTS.length }))
  const reads = Object.fromEntries(INPUTS.map(({ key }) => [key, subject => subject[key]]))
  const contextual = ['one', 'two', 'three'].map(seed =>
    compilePolicy({ spec, seed, variants: weights, reads, models: [{ from: 0, model }] }),
  )
  const split = compilePolicy({ spec: { kind: 'split' }, seed: 'four', variants: weights })
  const rounds = full ? 40 : 10
  const choice = timed(rounds, people, one => contextual[0].choose(one))
  log(`a contextual choice: ${choice.p50.toFixed(2)} µs`)
  const request = timed(rounds, people, one => {
    for (const policy of contextual) policy.choose(one)
    for (let i = 0; i < 7; i++) split.choose(one)
  })
  log(`ten touchpoints, three of them contextual: ${request.p50.toFixed(2)} µs`)
  const stated = timed(rounds, people, one => split.choose(one))

  const target = new Float64Array(VARIANTS.length).fill(0.25)
  const predicted = [0.1, 0.1, 0.1, 0.1]
  const judged = timed(rounds, [rows], list => {
    const fold = startWhatIf({ variants: VARIANTS })
    for (const [i, { variant, propensity, reward }] of list.entries()) {
      const arm = VARIANTS.indexOf(variant)
      fold.add({ person: people[i].bucketKey, arm, propensity, reward, target, predicted })
    }
    return fold.sums()
  })
  return {
    rate: 1e6 / choice.p50,
    ratio: stated.p50 / choice.p50,
    reference: 1e6 / stated.p50,
    n: rounds * people.length,
    choiceMicros: choice.p50,
    requestMicros: request.p50,
    requestWorstRoundMicros: request.worst,
    whatIfRowsPerSecond: (1e6 * rows.length) / judged.p50,
    trainRowsPerSecond: rows.length / trainSeconds,
  }
}

/** CPU microseconds of one call: of the median and of the worst round over all the items. Other load changes it least. */
function timed(rounds, items, work) {
  let kept = 0
  const micros = Array.from({ length: rounds + 2 }, () => {
    const began = process.cpuUsage()
    for (const item of items) kept += work(item) === undefined ? 1 : 0
    const { user, system } = process.cpuUsage(began)
    return (user + system) / items.length
  })
    // The first two let the compiler settle.
    .slice(2)
    .sort((a, b) => a - b)
  if (kept < 0) throw new Error('unreachable: keeps the work from being thrown away')
  return { p50: micros[micros.length >> 1], worst: micros.at(-1) }
}

function cpuSeconds(work) {
  const began = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(began)
  return [result, (user + system) / 1e6]
}

function person(rng, i) {
  const value = ({ kind, levels }) =>
    kind === 'numeric' ? rng.normal() : kind === 'boolean' ? rng.chance(0.5) : rng.pick(levels)
  const subject = Object.fromEntries(INPUTS.map(input => [input.key, value(input)]))
  return { bucketKey: `person-${i}`, now: 10 * DAY, subject }
}

function rowOf({ subject }, i) {
  const arm = i % VARIANTS.length
  const score = -1 + 0.5 * subject[`n${arm}`] + (subject.b0 === arm < 2 ? 0.4 : -0.4)
  const reward = Number(random(`reward ${i}`).chance(1 / (1 + Math.exp(-score))))
  return { variant: VARIANTS[arm], propensity: 0.25, reward, decidedAt: 0, closesAt: DAY, inputs: subject }
}
