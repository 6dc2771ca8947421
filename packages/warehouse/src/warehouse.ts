import type { JsonObject } from '@espalier/core'
import type { Metric } from '@espalier/core/definition'
import type { ArmStatistics, NoveltyStatistics, QuantilesByArm, SegmentStatistics } from '@espalier/core/experiment'
import type { Table } from '@espalier/core/stream'
import type { WhatIfSums } from '@espalier/core/whatif'
import type { Activity, ActivityQuestion } from './queries/activity.ts'
import type { CreditQuestion } from './queries/credited.ts'
import type { Crossings, CrossingsQuestion, OverlapRow } from './queries/crossings.ts'
import type { DrawnAnew } from './queries/drawnAnew.ts'
import type { Cells, CellsQuestion } from './queries/evidence/cells.ts'
import type { DaysQuestion } from './queries/evidence/days.ts'
import type { IdentityLink } from './queries/identityLinks.ts'
import type { FiledEvent, LogQuestion } from './queries/log.ts'
import type { LogSize } from './queries/logSize.ts'
import type { PastEvents, PastEventsQuestion } from './queries/pastEvents.ts'
import type { PersonQuestion } from './queries/person.ts'
import type { PolicyRow, PolicyRowsQuestion } from './queries/policyRows.ts'
import type { TrainingQuestion, TrainingStatistics } from './queries/policyTraining.ts'
import type { ProgrammeQuestion, ProgrammeStatistics } from './queries/programme/question.ts'
import type { SpendRow } from './queries/putSpend.ts'
import type { QuotesQuestion, ToldQuote } from './queries/quotes.ts'
import type { Rhythm } from './queries/rhythm.ts'
import type { SegmentArmsQuestion } from './queries/segmentArms.ts'
import type { SegmentOverlap, SegmentOverlapQuestion, SegmentQuestion } from './queries/segments.ts'
import type { VisitorDays, VisitorDaysQuestion } from './queries/visitorDays.ts'
import type { WhatIfQuestion } from './queries/whatIf.ts'
import type { ErasureQuestion, Removed } from './removal/erase.ts'
import type { ExpiryQuestion } from './removal/expire.ts'

/**
 * Analytical state: what happened, what was decided, what was seen. Written only through `insert`, in batches that are
 * taken in once. Everything that grows with the number of events is aggregated here; what comes back are sufficient
 * statistics. Embedded (chDB) or by URL, with the same SQL text. Throws `WarehouseError`.
 */
export interface Warehouse {
  /** Durable at return, as a whole or not at all. The same token again changes nothing. */
  insert(batch: InsertBatch): Promise<void>
  /** Statistics of each arm of an experience by first exposure. */
  impact(question: ImpactQuestion): Promise<ImpactStatistics>
  /** The same for several metrics, in their order, in as few passes as it takes. */
  impacts(question: ImpactsQuestion): Promise<ImpactStatistics[]>
  /** The arms by segment at the first exposure: which responded, and how. */
  segmentArms(question: SegmentArmsQuestion): Promise<SegmentStatistics[]>
  /** The arms with the holdout of the programme in the place of the control group. */
  heldOutArms(question: ImpactQuestion): Promise<ArmStatistics[]>
  /** How much was decided, seen and done, by periods of 24 hours: what its rhythm is judged by. */
  activity(question: ActivityQuestion): Promise<Activity>
  /** Sums over people of what the whole programme brought, per experience, touchpoint, segment and time, and against the holdout. */
  programme(question: ProgrammeQuestion): Promise<ProgrammeStatistics>
  /** The arms by what people were at their first exposure: for drill-downs and targeting rules. */
  evidenceCells(question: CellsQuestion): Promise<Cells>
  /** What the arms' people did day by day since their first exposure: does an effect wear off? */
  evidenceDays(question: DaysQuestion): Promise<NoveltyStatistics[]>
  /** What visitors of an experience's touchpoints and others did day by day, before it was first seen and after. */
  visitorDays(question: VisitorDaysQuestion): Promise<VisitorDays>
  /** What each variant's decisions brought, as sums: what a bandit learns from. */
  policyTraining(question: TrainingQuestion): Promise<TrainingStatistics>
  /** The same row by row, with what the decisions looked at, in pages; the rows of a person follow each other. */
  policyRows(question: PolicyRowsQuestion): AsyncIterable<PolicyRow[]>
  /** How long after their exposures rewards came, milliseconds, of windows that have closed; of very many a sample. */
  rewardDelays(question: CreditQuestion): Promise<number[]>
  /** Whether decisions made elsewhere were drawn anew each time. */
  drawnAnew(question: CreditQuestion): Promise<DrawnAnew>
  /** Sums over the log for what a policy that does not look at the person would have brought. */
  whatIfSums(question: WhatIfQuestion): Promise<WhatIfSums>
  /** A person's events, newest first. */
  timeline(question: TimelineQuestion): Promise<TimelineEvent[]>
  /** The prices that an experience told, newest first: the audit of each. */
  quotes(question: QuotesQuestion): Promise<ToldQuote[]>
  /** Everything that was filed under these source profiles, in the total order of events (R10), in pages. */
  log(question: LogQuestion): AsyncIterable<FiledEvent[]>
  /** How much of it there still is. */
  logSize(question: LogQuestion): Promise<LogSize>
  /** Who became whom: links about these sources, and of others to them, oldest first; of more than `limit` the latest. */
  identityLinks(question: { workspace: string; sources: readonly string[]; limit: number }): Promise<IdentityLink[]>
  /** Totals to check an import or a day by. */
  summary(question: { workspace: string; from?: number; to?: number }): Promise<Summary>
  /** Events from before a version of the definitions, a source profile a row, in pages: what new signals are filled with. */
  pastEvents(question: PastEventsQuestion): AsyncIterable<readonly PastEvents[]>
  /** Everything a table holds under these source profiles, oldest first, in pages: for exports. */
  person(question: PersonQuestion & { readonly table: Table }): AsyncIterable<JsonObject[]>
  /** How many rows each table holds under them. */
  personSize(question: PersonQuestion): Promise<Record<Table, number>>
  /**
   * Removes every row under these source profiles, and what links of others say of their identifiers, from the disk too (R8). What is
   * inserted afterwards is not covered, and the token of a batch that held nothing else is forgotten: let batches settle first. May
   * be repeated; answers the rows removed this time.
   */
  erase(question: ErasureQuestion): Promise<Removed>
  /** Removes rows of a workspace that are older than it keeps them, from the disk too; answers how many. */
  expire(question: ExpiryQuestion): Promise<number>
  /** Who entered and left a segment, by day, and its size now. */
  crossings(question: CrossingsQuestion): Promise<Crossings>
  /** How many of a segment's people are in each other segment, the most first. */
  overlaps(workspace: string, segment: string): Promise<OverlapRow[]>
  /** Ids of some people in a segment: those who entered last. */
  segmentSample(workspace: string, segment: string, limit: number): Promise<string[]>
  /** How many days people usually take to do something again. */
  rhythm(workspace: string, event: string): Promise<Rhythm>
  /** For how many people a condition holds at an instant, as the log says it. Throws `NotInSql` where the log cannot tell. */
  segmentSize(question: SegmentQuestion): Promise<number>
  /** For how many each of several holds, and for how many all of them. */
  segmentOverlap(question: SegmentOverlapQuestion): Promise<SegmentOverlap>
  /** For whom it holds: canonical profiles in order of id, page by page. */
  segmentMembers(question: SegmentQuestion & { after?: string; limit: number }): Promise<string[]>
  /** For how many it held at some instants, at most 400. */
  segmentHistory(
    question: Omit<SegmentQuestion, 'at' | 'latest'> & { days: readonly number[] },
  ): Promise<{ at: number; size: number }[]>
  /** Daily exchange rates: one unit of `currency` in `base`. A repeated day replaces. */
  putRates(
    workspace: string,
    rates: readonly { day: string; currency: string; base: string; rate: number }[],
  ): Promise<void>
  /** What was spent by day. The same day, channel, campaign, experience and currency replaces. */
  putSpend(workspace: string, rows: readonly SpendRow[]): Promise<void>
  /** Whose rows these are, server by server: the warehouse itself, or each of its shards. */
  owners(): Promise<readonly Owner[]>
  /** From now on they are this installation's, durably. */
  sign(installation: string): Promise<void>
  /** Copies everything into an empty folder; inserts and queries wait meanwhile. Embedded only. */
  backup(directory: string): Promise<void>
  /** Throws when it does not answer. Does not wait for queries. */
  check(): Promise<void>
  /** Sizes, versions, what waits. Waits its turn as a query does. */
  stats(): Promise<Record<string, number | string>>
  close(): Promise<void>
}

export interface Owner {
  /** Names the server in messages. */
  readonly where: string
  /** Of the installation that signed last; undefined: nobody has. */
  readonly id: string | undefined
}

/**
 * Rows of one table and one partition (another month among them: `invalid`), at most a million and 256 MB. They never change once
 * they were sent under their token: rows that a later attempt adds would vanish.
 */
export interface InsertBatch {
  readonly token: string
  readonly table: Table
  readonly partition: number
  readonly rows: number
  /** JSONEachRow. */
  readonly body: Uint8Array
}

export interface ImpactQuestion {
  readonly workspace: string
  readonly experience: string
  readonly metric: Metric
  /** Exposures from (inclusive) and to (exclusive); without them, all. */
  readonly from?: number
  readonly to?: number
  /** Times whose exposures do not count, from (inclusive) to (exclusive; for ever without it). */
  readonly without?: readonly { readonly from: number; readonly to?: number }[]
  /** Now, for windows that have not closed. */
  readonly now: number
  /** Currency of amounts that name none, that of the workspace; without it they have no rate. */
  readonly currency?: string
}

export interface ImpactsQuestion extends Omit<ImpactQuestion, 'metric'> {
  readonly metrics: readonly Metric[]
}

export interface ImpactStatistics {
  /** By arm of the first exposure; control is the arm with `control: true`. */
  readonly arms: readonly ArmStatistics[]
  /**
   * The same people as they are to be compared, where the arms' chances changed: by strata of versions with the same chances, weighted
   * by 1 / chance where chances differ within a version. An arm comes once a stratum.
   */
  readonly byChance?: readonly ArmStatistics[]
  /** People seen in two or more arms: counted in their first. */
  readonly contaminated: number
  /** Currencies of money in scope that have no rate on some day: the metric is then an error, never a mixed sum. */
  readonly missingRates: readonly { currency: string; days: number; firstDay: string }[]
  /** When the first and the last exposure in the range were. Absent where nobody was exposed. */
  readonly first?: number
  readonly last?: number
  /** Of a quantile: by arm, and of all variants together. */
  readonly quantiles?: QuantilesByArm
}

export interface TimelineQuestion {
  readonly workspace: string
  readonly sources: readonly string[]
  /** Before this time, or, of events of one millisecond too, before this place (exclusive). */
  readonly before?: number | TimelinePlace
  readonly limit: number
}

/** An event's place in the timeline: no two have the same. */
export type TimelinePlace = Readonly<Pick<TimelineEvent, 'timestamp' | 'received' | 'index' | 'messageId' | 'source'>>

export interface TimelineEvent {
  timestamp: number
  received: number
  /** Place in its request. */
  index: number
  messageId: string
  type: string
  name: string
  properties: JsonObject
  context: JsonObject
  source: string
}

export interface Summary {
  events: { name: string; type: string; count: number }[]
  totals: {
    events: number
    people: number
    accounts: number
    decisions: number
    exposures: number
    first: number | null
    last: number | null
  }
  /** Money by event name and currency: `Order Completed` adds, `Order Refunded` is negative. */
  revenue: { name: string; currency: string; count: number; sum: number }[]
  countries: { country: string; people: number; orders: number }[]
}
