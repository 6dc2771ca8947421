import type { Event } from '@espalier/core/event'
import type { IdentityRules } from '@espalier/core/identity'
import { type Plan, type PlanSource, planOf, planOfNeeds } from '@espalier/core/plan'
import { times } from '@espalier/core/signal'
import type { Applied, Entry, EventRow, ExposedAnswer, Row } from '@espalier/core/stream'

/**
 * What it takes to repeat one commit. An event is not written twice: where its row in the same frame says all of it, the
 * fact is only the number of the row's group.
 */
export interface CommitFacts {
  readonly w: string
  readonly now: number
  /** Ids of new profiles, in the order they were taken. */
  readonly ids: readonly string[]
  readonly f: readonly Fact[]
  /** The plan from here on, for this workspace; absent: as before. */
  readonly plan?: PlanSource
  /** The kinds of identifier from here on, for this workspace; absent: as before, at first users and devices. */
  readonly identity?: IdentityRules
  /** The plan from versions before there were plans. */
  readonly needs?: NeedsFact
}

export type Fact = number | RowFact | { readonly e: Entry }

/** An event of which the row does not hold everything, or not in turn. */
interface RowFact {
  readonly r: readonly [group: number, ordinal: number]
  readonly category?: string
  readonly previousId?: string
  readonly origin?: Event['origin']
  readonly exposure?: ExposedAnswer
  readonly unproven?: true
}

type NeedsFact = readonly [version: number, byEvent: readonly (readonly [string, readonly EarlierNeed[]])[]]

interface EarlierNeed {
  readonly event: string
  readonly keep: number
}

/**
 * Facts of the entries that changed something. Duplicates are left out: they changed nothing anywhere (R3); of what was refused
 * there is what was applied in its place, if anything (R8). `places` says where each of `rows` is in the frame, `turns` which
 * row of each group a bare number means next.
 */
export function factsOf(
  entries: readonly Entry[],
  applied: readonly Applied[],
  rows: readonly Row[],
  places: readonly RowPlace[],
  turns: number[],
): Fact[] {
  const facts: Fact[] = []
  let next = 0
  for (const [i, entry] of entries.entries()) {
    const { outcome, instead } = applied[i]!
    if (instead !== undefined) facts.push({ e: instead })
    if (outcome !== 'stored') continue
    if (entry.kind !== 'event') {
      facts.push({ e: entry })
      continue
    }
    while (next < rows.length && rows[next]?.table !== 'events') next++
    const row = rows[next]
    const place = places[next]
    if (!place || row?.event !== entry.event) {
      facts.push({ e: withoutText(entry) })
      // A row that names no event is this one's, and says less than it.
      if (row?.event === undefined) next++
      continue
    }
    next++
    const inTurn = (turns[place.group] ?? 0) === place.ordinal
    turns[place.group] = place.ordinal + 1
    facts.push(inTurn && isPlain(entry) ? place.group : besides(entry, place))
  }
  return facts
}

/** Where a row went: the number of its group in the frame, and of the row in its group. */
export interface RowPlace {
  readonly group: number
  readonly ordinal: number
}

type EventEntry = Extract<Entry, { kind: 'event' }>

function withoutText({ event, ...rest }: EventEntry): EventEntry {
  const { written: _, ...said } = event
  return { ...rest, event: said }
}

function isPlain({ event, exposure, unproven }: EventEntry): boolean {
  return (
    exposure === undefined &&
    unproven === undefined &&
    event.origin === undefined &&
    event.category === undefined &&
    event.previousId === undefined
  )
}

function besides({ event, exposure, unproven }: EventEntry, place: RowPlace): RowFact {
  const { category, previousId, origin } = event
  return {
    r: [place.group, place.ordinal],
    ...(category === undefined ? {} : { category }),
    ...(previousId === undefined ? {} : { previousId }),
    ...(origin === undefined ? {} : { origin }),
    ...(exposure === undefined ? {} : { exposure }),
    ...(unproven === undefined ? {} : { unproven }),
  }
}

/** The entries again. `lines` gives the text of a row; `turns` is shared by the commits of one frame. */
export function entriesOf(
  facts: readonly Fact[],
  lines: (group: number, ordinal: number) => string,
  turns: number[],
): Entry[] {
  return facts.map(fact => {
    if (typeof fact === 'object' && 'e' in fact) return fact.e
    const [group, ordinal] = typeof fact === 'number' ? [fact, turns[fact] ?? 0] : fact.r
    turns[group] = ordinal + 1
    return entryOf(JSON.parse(lines(group, ordinal)) as EventRow, typeof fact === 'number' ? undefined : fact)
  })
}

function entryOf(row: EventRow, besides: RowFact | undefined): Entry {
  const event: Event = {
    type: row.type as Event['type'],
    messageId: row.message_id,
    ...(row.user_id === '' ? {} : { userId: row.user_id }),
    ...(row.anonymous_id === '' ? {} : { anonymousId: row.anonymous_id }),
    ...(besides?.previousId === undefined ? {} : { previousId: besides.previousId }),
    ...(row.group_id === '' || row.type !== 'group' ? {} : { groupId: row.group_id }),
    name: row.name,
    ...(besides?.category === undefined ? {} : { category: besides.category }),
    properties: row.properties,
    context: row.context,
    timestamp: row.timestamp,
    received: row.received,
    index: row.index,
    ...(besides?.origin === undefined ? {} : { origin: besides.origin }),
  }
  return {
    kind: 'event',
    event,
    ...(besides?.exposure === undefined ? {} : { exposure: besides.exposure }),
    ...(besides?.unproven === undefined ? {} : { unproven: besides.unproven }),
  }
}

/** The plan that a commit names; undefined where it goes on with the one before. */
export function planFrom({ plan, needs }: Pick<CommitFacts, 'plan' | 'needs'>): Plan | undefined {
  if (plan !== undefined) return planOf(plan)
  if (needs === undefined) return undefined
  const [version, byEvent] = needs
  return planOfNeeds(
    version,
    byEvent.flatMap(([, listed]) => listed.map(({ event, keep }) => times({ event }, keep))),
  )
}
