import type { IdentityRules } from '@espalier/core/identity'
import { planOf } from '@espalier/core/plan'
import type { Apply, ApplyContext, Plan, Row } from '@espalier/core/stream'
import { StoreError } from '../../errors.ts'
import type { RulesSaid } from '../checkpoint/db.ts'
import { type CommitFacts, entriesOf, planFrom } from '../journal/facts.ts'
import { FRAME_FORMAT, type Group, groupsOf, readDirectory } from '../journal/frame.ts'
import type { Journal } from '../journal/journal.ts'
import type { Position } from '../journal/position.ts'
import { type ReadFrame, readFrames } from '../journal/reader.ts'
import { Draft } from '../people/draft.ts'
import type { PeopleState } from '../people/state.ts'

interface Parts {
  readonly journal: Journal
  readonly from: Position
  /** What the commits from there on go by until they say otherwise. */
  readonly said: readonly RulesSaid[]
  readonly state: PeopleState
  readonly apply: Apply
  /** For what another reducer left. */
  readonly newId: () => string
  readonly published: (position: Position, said: () => readonly RulesSaid[]) => Promise<void>
}

export interface Replayed {
  readonly frames: number
  /** Some were made by an earlier version's reducer. */
  readonly isUpgraded: boolean
  /** Who became whom by this version's reducer and not by the one that made the frames: the warehouse has to hear it. */
  readonly links: readonly Row[]
}

/**
 * Repeats the commits after the checkpoint, through the reducer that made them (R2, R6). `published` is called after each
 * frame, when the state is that of the position, with what the commits after it go by. What an earlier version left is repeated
 * through the reducer of this one, which may take other ids than were given: then a checkpoint has to be written before anything
 * is added, so that it need not be repeated again; and none before the end, since the warehouse has yet to hear of `links`.
 */
export async function replay(parts: Parts): Promise<Replayed> {
  const rules = rulesFrom(parts.said)
  const links: Row[] = []
  let frames = 0
  let isUpgraded = false
  for await (const frame of readFrames(parts.journal, parts.from, parts.journal.end)) {
    try {
      const isEarlier = frame.header.format < FRAME_FORMAT
      isUpgraded ||= isEarlier
      repeat(frame, parts, rules, isEarlier ? links : undefined)
    } catch (cause) {
      const where = `${parts.journal.path(frame.at.segment)} at byte ${frame.at.offset}`
      const message = `The commit in ${where} cannot be repeated: ${(cause as Error).message}`
      throw new StoreError('corrupt', message, { cause })
    }
    frames++
    if (!isUpgraded) await parts.published(frame.next, () => saidBy(rules))
  }
  return { frames, isUpgraded, links }
}

/** What the commits of each workspace depend on, as last said. */
interface Rules {
  readonly plans: Map<string, Plan>
  readonly identities: Map<string, IdentityRules>
}

function rulesFrom(said: readonly RulesSaid[]): Rules {
  return {
    plans: new Map(said.map(({ workspace, plan }) => [workspace, planOf(plan)])),
    identities: new Map(said.flatMap(({ workspace, identity }) => (identity ? [[workspace, identity]] : []))),
  }
}

function saidBy({ plans, identities }: Rules): RulesSaid[] {
  return [...plans].map(([workspace, { source }]) => {
    const identity = identities.get(workspace)
    return { workspace, plan: source, ...(identity && { identity }) }
  })
}

/** `links` given: the frame is an earlier version's, and rows of links that it has not are added to them. */
function repeat(
  frame: ReadFrame,
  { state, apply, newId }: Parts,
  { plans, identities }: Rules,
  links: Row[] | undefined,
): void {
  const directory = readDirectory(frame.bytes, frame.header)
  const groups = groupsOf(frame.bytes, directory.groups)
  const lines = linesOf(groups)
  const turns: number[] = []
  const drafts = new Map<string, Draft>()
  for (const commit of directory.commits) {
    const workspace = commit.w
    const draft = drafts.get(workspace) ?? new Draft(state.ensure(workspace), true)
    drafts.set(workspace, draft)
    const named = planFrom(commit)
    if (named) plans.set(workspace, named)
    if (commit.identity) identities.set(workspace, commit.identity)
    const known = plans.get(workspace)
    if (!known) throw new Error('it does not say what the definitions needed')
    const entries = entriesOf(commit.f, lines, turns)
    const ids = giveAgain(commit, draft, links && newId)
    const identity = identities.get(workspace)
    const context: ApplyContext = {
      workspace,
      now: commit.now,
      plan: known,
      newId: ids,
      ...(frame.header.format < SOURCES_HAVE_IDS && { newSourceId: giveAgain({ ids: [] }, draft, newId) }),
      ...(identity && { identity }),
    }
    const { rows } = apply(draft, entries, context)
    links?.push(...newLinks(rows, groups))
  }
  for (const draft of drafts.values()) draft.publish()
}

/** Frames of earlier formats name the ids of people alone. */
const SOURCES_HAVE_IDS = 2

/** `more`: where further ids come from. */
function giveAgain({ ids }: Pick<CommitFacts, 'ids'>, draft: Draft, more: (() => string) | undefined): () => string {
  let next = 0
  return () => {
    const id = ids[next++] ?? more?.()
    if (id === undefined) throw new Error('it needs more new ids than it was given')
    draft.created(id)
    return id
  }
}

function newLinks(rows: readonly Row[], groups: readonly Group[]): Row[] {
  const known = groups.filter(group => group.table === 'identity_links')
  const lines = new Set(known.flatMap(({ body }) => new TextDecoder().decode(body).split('\n')))
  return rows.filter(({ table, line }) => table === 'identity_links' && !lines.has(line))
}

/** The text of a row by its group and place. Groups are divided into lines when first asked for. */
function linesOf(groups: readonly Group[]): (group: number, ordinal: number) => string {
  const divided = new Map<number, string[]>()
  return (group, ordinal) => {
    let lines = divided.get(group)
    if (!lines) {
      lines = new TextDecoder().decode(groups[group]!.body).split('\n')
      divided.set(group, lines)
    }
    return lines[ordinal]!
  }
}
