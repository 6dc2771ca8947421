import { compile, decide } from '@espalier/core/decision'
import { GrowthBookClient } from '@growthbook/growthbook'
import { richContext, richSet, richTraits, touchpointKeys } from './rich.mjs'

const PEOPLE = 2000
const NOW = Date.UTC(2026, 10, 1)

/**
 * Evaluation alone, without HTTP, store or log: our `decide` and GrowthBook's SDK on the same fifty rules (no bandits, no control
 * groups: GrowthBook's rules have neither). Both have the person at hand as each likes it, and its rules made ready. Throws unless
 * both give every person the same variant at every touchpoint: both hash as GrowthBook does.
 *
 * @returns microseconds of processor time a decision, that is, one touchpoint; and how many were compared
 */
export function compareWithGrowthBook({ log }) {
  const set = compile({
    version: 1,
    definitions: richSet({ contextual: false, leftOut: false }).map(definition => ({
      ...definition,
      version: 1,
      published: 0,
      author: '',
      archived: false,
    })),
  })
  const client = new GrowthBookClient().initSync({ payload: { features: featuresOf(set) } })
  const people = Array.from({ length: PEOPLE }, (_, i) => person(i))
  const ours = ({ profile, context }) =>
    decide({ set, profile, context, now: NOW, touchpoints: touchpointKeys, items: () => undefined })
  const theirs = ({ user }) => touchpointKeys.map(key => client.evalFeature(key, user))

  const given = new Set()
  for (const [i, one] of people.entries()) {
    const answers = ours(one).answers
    for (const [t, result] of theirs(one).entries()) {
      const { experience, variant, content } = answers[t]
      const key = result.experimentResult && `${result.experiment.key}/${result.experimentResult.key}`
      if (key !== `${experience}/${variant}` || result.value.headline !== content.headline) {
        throw new Error(`person ${i} at ${touchpointKeys[t]}: ours ${experience}/${variant}, GrowthBook's ${key}`)
      }
      given.add(key)
    }
  }
  log(`${PEOPLE * touchpointKeys.length} decisions are the same in both, ${given.size} different variants among them`)
  const decideMicros = micros(people, ours)
  const growthbookMicros = micros(people, theirs)
  log(
    `a decision: ours ${decideMicros.toFixed(2)} us, GrowthBook's ${growthbookMicros.toFixed(2)} us of processor time`,
  )
  return { compared: PEOPLE * touchpointKeys.length, variants: given.size, decideMicros, growthbookMicros }
}

function person(i) {
  const [traits, context, bucketKey] = [
    richTraits(i),
    richContext(i),
    (BigInt(i + 1) * 0x9e3779b97f4a7c15n).toString(16).slice(-16),
  ]
  const stamp = { at: NOW - 1, lag: 0, index: 0, hash: 0 }
  const stated = Object.entries(traits).map(([key, value]) => [key, { ...stamp, value }])
  return {
    profile: { bucketKey, traits: Object.fromEntries(stated), signals: {}, consent: {} },
    context,
    user: { attributes: { id: bucketKey, ...traits, ...context } },
  }
}

/** A feature for each touchpoint with an experiment for each of its experiences, in the order of priority. */
function featuresOf(set) {
  const bodies = new Map(
    richSet({ contextual: false, leftOut: false }).flatMap(({ kind, key, body }) =>
      kind === 'experience' ? [[key, body]] : [],
    ),
  )
  return Object.fromEntries(
    touchpointKeys.map(touchpoint => {
      const { candidates, fallback } = set.touchpoints.get(touchpoint)
      const rules = candidates.map(({ experience: { key } }) => {
        const { audience, variants } = bodies.get(key)
        return {
          key,
          seed: key,
          hashVersion: 2,
          hashAttribute: 'id',
          coverage: 1,
          ...(audience && { condition: mongo(audience) }),
          weights: variants.map(({ weight }) => weight),
          variations: variants.map(({ content }) => content[touchpoint]),
          meta: variants.map(({ key }) => ({ key })),
        }
      })
      return [touchpoint, { defaultValue: fallback.constant?.content ?? null, rules }]
    }),
  )
}

/** One of our conditions in GrowthBook's language. */
function mongo(condition) {
  if (condition.all) return { $and: condition.all.map(mongo) }
  if (condition.any) return { $or: condition.any.map(mongo) }
  if (condition.not) return { $not: mongo(condition.not) }
  const { trait, context, ...comparisons } = condition
  const operators = { is: '$eq', in: '$in', gte: '$gte', lt: '$lt' }
  const wanted = Object.entries(comparisons).map(([name, value]) =>
    name === 'startsWith' ? ['$regex', `^${value}`] : [operators[name], value],
  )
  return { [trait ?? context]: Object.fromEntries(wanted) }
}

/** Of the median round, divided by the touchpoints. */
function micros(people, work) {
  let kept = 0
  const rounds = Array.from({ length: 13 }, () => {
    const began = process.cpuUsage()
    for (const one of people) kept += work(one) === undefined ? 1 : 0
    const { user, system } = process.cpuUsage(began)
    return (user + system) / people.length / touchpointKeys.length
  })
  if (kept > 0) throw new Error('a decision is missing')
  // The first three let the compiler settle.
  return rounds.slice(3).sort((a, b) => a - b)[5]
}
