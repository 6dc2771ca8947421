import type { Apply, SignalNeeds } from '@espalier/core/stream'
import { StoreError } from '../../errors.ts'
import { type CommitFacts, entriesOf, needsOf } from '../journal/facts.ts'
import { type Group, groupsOf, readDirectory } from '../journal/frame.ts'
import type { Journal } from '../journal/journal.ts'
import type { Position } from '../journal/position.ts'
import { type ReadFrame, readFrames } from '../journal/reader.ts'
import { Draft } from '../people/draft.ts'
import type { PeopleState } from '../people/state.ts'

/**
 * Repeats the commits after the checkpoint, through the reducer that made them (R2, R6). `published` is called after each
 * frame, when the state is that of the position.
 */
export async function replay(parts: {
  journal: Journal
  from: Position
  state: PeopleState
  apply: Apply
  published: (position: Position) => Promise<void>
}): Promise<number> {
  const needs = new Map<string, SignalNeeds>()
  let frames = 0
  for await (const frame of readFrames(parts.journal, parts.from, parts.journal.end)) {
    try {
      repeat(frame, parts.state, parts.apply, needs)
    } catch (cause) {
      const where = `${parts.journal.path(frame.at.segment)} at byte ${frame.at.offset}`
      const message = `The commit in ${where} cannot be repeated: ${(cause as Error).message}`
      throw new StoreError('corrupt', message, { cause })
    }
    frames++
    await parts.published(frame.next)
  }
  return frames
}

function repeat(frame: ReadFrame, state: PeopleState, apply: Apply, needs: Map<string, SignalNeeds>): void {
  const directory = readDirectory(frame.bytes, frame.header)
  const lines = linesOf(groupsOf(frame.bytes, directory.groups))
  const turns: number[] = []
  const drafts = new Map<string, Draft>()
  for (const commit of directory.commits) {
    const workspace = commit.w
    const draft = drafts.get(workspace) ?? new Draft(state.ensure(workspace), true)
    drafts.set(workspace, draft)
    if (commit.needs) needs.set(workspace, needsOf(commit.needs))
    const known = needs.get(workspace)
    if (!known) throw new Error('it does not say what the definitions needed')
    const entries = entriesOf(commit.f, lines, turns)
    apply(draft, entries, { workspace, now: commit.now, needs: known, newId: giveAgain(commit, draft) })
  }
  for (const draft of drafts.values()) draft.publish()
}

function giveAgain({ ids }: CommitFacts, draft: Draft): () => string {
  let next = 0
  return () => {
    const id = ids[next++]
    if (id === undefined) throw new Error('it needs more new ids than it was given')
    draft.created(id)
    return id
  }
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
