import { conditionsOf, defaultConditionsOf } from '../definition/conditionsOf.ts'
import type { Definition, PublishedSet } from '../definition/definition.ts'
import { compiler } from '../segment/compile.ts'
import { compileAggregate } from '../segment/compileAggregate.ts'
import type { Condition } from '../segment/condition.ts'
import type { Language } from '../segment/language.ts'
import type { Need } from '../signal/need.ts'
import { parseInstant } from '../time/instant.ts'
import { looksAtAccounts, type PlanSource } from './plan.ts'
import { notedOf, upkeepOf } from './upkeep.ts'

type Live<K extends Definition['kind']> = Definition<K>

function live<K extends Definition['kind']>(set: PublishedSet, kind: K): Live<K>[] {
  return set.definitions.filter((one): one is Live<K> => one.kind === kind && !one.archived)
}

/** What the conditions of a set may refer to by name. */
export function languageOf(set: PublishedSet): Language {
  const [settings] = live(set, 'settings')
  return {
    zone: settings?.body.timezone ?? 'UTC',
    segments: new Map(live(set, 'segment').map(({ key, body }) => [key, body.condition])),
    computed: new Map(live(set, 'computedTrait').map(({ key, body }) => [key, body.value])),
    calendar: (settings?.body.calendar ?? []).map(({ key, kind, from, to }) => ({
      key,
      kind,
      from: parseInstant(from) ?? Number.POSITIVE_INFINITY,
      to: parseInstant(to) ?? Number.NEGATIVE_INFINITY,
    })),
  }
}

/**
 * The signals that the definitions of a set need kept: those of segments, computed traits, experiences and default contents
 * (R11: of event times the largest number that any asks for). Paused experiences count, so that they can be taken up again;
 * drafts and ended ones do not.
 */
export function needsOf(set: PublishedSet): Need[] {
  const language = languageOf(set)
  const compile = compiler(language)
  const conditions: Condition[] = [...language.segments.values(), ...askedAtDecisions(set)]
  return union([
    ...conditions.flatMap(condition => compile(condition).needs),
    ...[...language.computed.values()].flatMap(aggregate => compileAggregate(aggregate, language.zone).needs),
  ])
}

/** The texts of what the definitions of a set ask of anyone of an account. */
export function anyoneOf(set: PublishedSet): Set<string> {
  const language = languageOf(set)
  const compile = compiler(language)
  const conditions: Condition[] = [...language.segments.values(), ...askedAtDecisions(set)]
  return new Set(conditions.flatMap(condition => compile(condition).anyone.map(({ key }) => key)))
}

function askedAtDecisions(set: PublishedSet): Condition[] {
  const experiences = live(set, 'experience').filter(({ body: { status } }) => status !== 'draft' && status !== 'ended')
  return [
    ...experiences.flatMap(({ body }) => conditionsOf(body)),
    ...live(set, 'touchpoint').flatMap(({ body }) => defaultConditionsOf(body)),
  ]
}

/** One need a key; of times the largest number. */
export function union(needs: readonly Need[]): Need[] {
  const byKey = new Map<string, Need>()
  for (const need of needs) {
    const old = byKey.get(need.key)
    if (old?.kind !== 'times' || need.kind !== 'times' || need.keep > old.keep) byKey.set(need.key, need)
  }
  return [...byKey.values()]
}

/** What the stream has to know of a set. */
export function planSourceOf(set: PublishedSet): PlanSource {
  const language = languageOf(set)
  const compile = compiler(language)
  const upkeep = upkeepOf(set)
  const retention = live(set, 'settings')[0]?.body.retention
  // A set that nobody notes anything of was there from the start.
  const isNoted = set.definitions.some(({ kind }) => kind === 'upkeep')
  const signals = needsOf(set).map(need => {
    const noted = notedOf(upkeep, need)
    return { need, since: noted?.since ?? 0, filled: noted?.filled ?? !isNoted }
  })
  const unfilled = new Set(signals.filter(({ filled }) => !filled).map(({ need }) => need.key))
  const isLive = (condition: Condition) => !compile(condition).needs.some(need => unfilled.has(need.key))
  const accounts = askedAtDecisions(set).filter(condition => looksAtAccounts(compile(condition)))
  return {
    version: set.version,
    zone: language.zone,
    calendar: language.calendar,
    computed: [...language.computed],
    segments: live(set, 'segment').map(({ key, version, body: { condition } }) => ({
      key,
      version,
      condition,
      live: isLive(condition),
    })),
    signals,
    ...(accounts.length > 0 && { accounts: accounts.map(condition => ({ condition })) }),
    ...(retention !== undefined && { retention }),
  }
}
