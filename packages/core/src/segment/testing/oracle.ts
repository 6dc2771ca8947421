import type { Event } from '../../event/event.ts'
import type { Json, JsonObject } from '../../json.ts'
import { durationMs } from '../../time/duration.ts'
import { parseInstant } from '../../time/instant.ts'
import type { Condition, SequenceCondition, StrugglingCondition, TimeCondition } from '../condition.ts'
import type { Language } from '../language.ts'
import { compares } from './compares.ts'
import { accountsOf, accountTraits, type Facts, factsOf } from './oracleFacts.ts'
import { aggregateOf, at, isAction, named, sessionsOf } from './oracleValues.ts'
import { type Instant, Known, type World } from './world.ts'

const MINUTE = 60_000
const GAP = 30 * MINUTE

/**
 * What a condition means, told by going through the whole history of everybody each time, without any signal: the events received
 * by an instant and timed up to it, and the links known at it (R5, R10, R11). Slow and plain, for tests.
 */
export class Oracle {
  readonly #world: World
  readonly #language: Language
  readonly #known = new Map<number, Known>()
  readonly #facts = new Map<string, Facts>()

  constructor(world: World, language: Language) {
    this.#world = world
    this.#language = language
  }

  /** Everybody of whom an event was received by then. */
  people(known: number): string[] {
    return this.#at(known).people
  }

  /** The people for whom the condition holds. */
  members(condition: Condition, instant: Instant): string[] {
    return this.people(instant.known).filter(person => this.holds(condition, person, instant))
  }

  holds(condition: Condition, person: string, instant: Instant, context: JsonObject = {}): boolean {
    const { now, known } = instant
    const holds = (part: Condition) => this.holds(part, person, instant, context)
    const past = () => this.#past(person, instant)
    if ('all' in condition) return condition.all.every(holds)
    if ('any' in condition) return condition.any.some(holds)
    if ('not' in condition) return !holds(condition.not)
    if ('segment' in condition) return holds(this.#language.segments.get(condition.segment)!)
    if ('calendar' in condition) {
      const { calendar } = condition
      return this.#language.calendar.some(
        ({ key, kind, from, to }) =>
          (typeof calendar === 'string' ? key === calendar : kind === calendar.kind) && from <= now && now < to,
      )
    }
    if ('did' in condition) {
      const { did, where, atMost, within, since, sinceLast } = condition
      const last = sinceLast === undefined ? -Infinity : named(past(), sinceLast, undefined).at(-1)?.timestamp
      const n =
        last === undefined
          ? 0
          : named(past(), did, where).filter(
              ({ timestamp }) =>
                timestamp > last &&
                (within === undefined || timestamp > now - durationMs(within)) &&
                (since === undefined || timestamp >= parseInstant(since)!),
            ).length
      return n >= (condition.atLeast ?? (atMost === undefined ? 1 : 0)) && n <= (atMost ?? Infinity)
    }
    if ('value' in condition) {
      const { value, ...comparisons } = condition
      return compares(comparisons, aggregateOf(value, past(), now, this.#language.zone), now)
    }
    if ('computed' in condition) {
      const { computed, ...comparisons } = condition
      const value = aggregateOf(this.#language.computed.get(computed)!, past(), now, this.#language.zone)
      return compares(comparisons, value, now)
    }
    if ('sequence' in condition) return completed(condition, past(), now)
    if ('session' in condition) {
      const { session, ...comparisons } = condition
      const times = currentSession(past(), now)
      const value = session === 'events' ? times?.length : times && (times.at(-1)! - times[0]!) / MINUTE
      return compares(comparisons, value, now)
    }
    if ('struggling' in condition) return struggles(condition, this.#at(known).events(person), now)
    if ('account' in condition) return this.#account(condition.account, person, instant)
    if ('time' in condition) {
      const heard = this.#factsOf(person, known).person.timezone
      return this.#time(condition.time, [context.timezone, heard], now)
    }
    if ('context' in condition) {
      const { context: path, ...comparisons } = condition
      return compares(comparisons, at(context, path.split('.')), now)
    }
    const facts = this.#factsOf(person, known)
    if ('consent' in condition) return facts.consent[condition.consent] === condition.is
    if ('subscription' in condition) return facts.subscription[condition.subscription] === condition.is
    const [kind] = Object.keys(condition) as ['trait' | 'preference' | 'feedback' | 'score' | 'person']
    const { [kind]: path, ...comparisons } = condition as unknown as Record<string, string>
    // An answer belongs to the whole name of a survey; nobody has a score here.
    const steps = kind === 'feedback' ? [path!] : path!.split('.')
    const value = kind === 'score' ? undefined : at(facts[kind], steps)
    return compares(comparisons, value, now)
  }

  /** Ids of the person's accounts. */
  accounts(person: string, known: number): string[] {
    return accountsOf(this.#at(known).events(person))
  }

  /** What everybody said of an account. */
  accountTraits(account: string, known: number): Record<string, Json> {
    const all = this.#at(known)
    return accountTraits(
      all.people.flatMap(person => all.events(person)),
      account,
    )
  }

  #account(
    asked: Extract<Condition, { account: unknown }>['account'],
    person: string,
    { now, known }: Instant,
  ): boolean {
    const accounts = this.accounts(person, known)
    if ('anyone' in asked) {
      return this.people(known).some(
        other =>
          this.accounts(other, known).some(account => accounts.includes(account)) &&
          this.holds(asked.anyone, other, { now, known }),
      )
    }
    const { trait, ...comparisons } = asked
    return accounts.some(account =>
      compares(comparisons, at(this.accountTraits(account, known), trait.split('.')), now),
    )
  }

  #time(
    { from = '00:00', to = '24:00', days, zone }: TimeCondition['time'],
    named: readonly (Json | undefined)[],
    now: number,
  ): boolean {
    const own = zone === 'person' ? named.find(name => typeof name === 'string' && isZone(name)) : undefined
    const clock = clockIn(typeof own === 'string' ? own : this.#language.zone)
    const [today, time] = clock(now)
    const isOvernight = to <= from
    const isIn = isOvernight ? time >= from || time < to : time >= from && time < to
    const day = isOvernight && time < to ? DAYS[(DAYS.indexOf(today) + 6) % 7]! : today
    return isIn && (days === undefined || (days as readonly string[]).includes(day))
  }

  #at(instant: number): Known {
    let known = this.#known.get(instant)
    if (known === undefined) {
      known = new Known(this.#world, instant)
      this.#known.set(instant, known)
    }
    return known
  }

  #past(person: string, { now, known }: Instant): Event[] {
    return this.#at(known)
      .events(person)
      .filter(({ timestamp }) => timestamp <= now)
  }

  #factsOf(person: string, known: number): Facts {
    const key = `${known} ${person}`
    let facts = this.#facts.get(key)
    if (facts === undefined) {
      facts = factsOf(this.#at(known).events(person))
      this.#facts.set(key, facts)
    }
    return facts
  }
}

/** The steps at instants one later than the other, each within its time; and then nothing that must not be. */
function completed({ sequence, within }: SequenceCondition, past: readonly Event[], now: number): boolean {
  const last = sequence.at(-1)!
  const times = sequence.map(step => named(past, 'did' in step ? step.did : step.not, step.where).map(e => e.timestamp))
  const steps = sequence.filter(step => 'did' in step)
  let ends = times[0]!
  for (let i = 1; i < steps.length; i++) {
    const longest = steps[i]!.within === undefined ? Infinity : durationMs(steps[i]!.within!)
    ends = times[i]!.filter(t => ends.some(before => t > before && t - before <= longest))
  }
  if ('did' in last) return ends.some(end => within === undefined || end > now - durationMs(within))
  const wait = durationMs(last.within)
  return ends.some(end => end + wait <= now && !times.at(-1)!.some(t => t > end && t <= end + wait))
}

function currentSession(past: readonly Event[], now: number): number[] | undefined {
  const last = sessionsOf(past).at(-1)
  return last !== undefined && now - last.at(-1)! <= GAP ? last : undefined
}

function struggles({ struggling }: StrugglingCondition, received: readonly Event[], now: number): boolean {
  const last = received
    .filter(isAction)
    .slice(-100)
    .filter(({ timestamp }) => timestamp <= now)
  const session = currentSession(last, now)?.length ?? 0
  const events = session === 0 ? [] : last.slice(-session)
  const actions = events.map(event => JSON.stringify([event.name, itemsOf(event)]))
  const most = struggling === true ? { repeats: 4, errors: 2, back: 3 } : struggling
  const repeats = Math.max(0, ...actions.map(action => actions.filter(other => other === action).length))
  const errors = events.filter(({ name }) => name.toLowerCase().includes('error')).length
  const back = actions.filter((action, i) => i >= 2 && actions[i - 2] === action && actions[i - 1] !== action).length
  return repeats >= (most.repeats ?? Infinity) || errors >= (most.errors ?? Infinity) || back >= (most.back ?? Infinity)
}

/** The products an action is about, at most ten, or the page's path. */
function itemsOf({ type, properties, context }: Event): string[] {
  const idOf = (product: Json | undefined) =>
    [at(product, ['product_id']), at(product, ['sku'])]
      .filter(id => typeof id === 'number' || (typeof id === 'string' && id !== '' && id.length <= 200))
      .map(String)
      .slice(0, 1)
  const listed = Array.isArray(properties.products) ? properties.products : []
  const ids = [...new Set([properties, ...listed].flatMap(idOf))].slice(0, 10)
  if (ids.length > 0 || type !== 'page') return ids
  const path = [at(context, ['page', 'path']), properties.path].find(one => typeof one === 'string' && one !== '')
  return path === undefined ? [] : [(path as string).slice(0, 500)]
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return /^[A-Za-z]/.test(zone)
  } catch {
    return false
  }
}

/** Day and time as a clock in the zone shows them. */
function clockIn(zone: string): (instant: number) => [day: string, time: string] {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return instant => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]))
    return [parts.get('weekday')!.toLowerCase(), `${parts.get('hour')}:${parts.get('minute')}`]
  }
}
