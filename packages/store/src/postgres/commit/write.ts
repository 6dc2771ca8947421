import type { ImportOrigin } from '@espalier/core/event'
import { isMerged, type MergedProfile, type Profile } from '@espalier/core/profile'
import type { WorkingPeople } from '../../working.ts'
import { Blobs, encodeProfile, plainArray } from '../blobs.ts'
import type { Queries } from '../database.ts'
import { Again } from '../failures.ts'
import { writeAccounts } from './accounts.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Writes what a batch put. Identifiers, messageIds and imported rows that somebody else brought at the same moment (we waited for
 * them at the index) make the batch be done again on what is true then. Each in key order and one kind after the other, so that
 * nobody waits in a circle.
 */
export async function write(tx: Queries, workspace: string, people: WorkingPeople, snapshot: Snapshot): Promise<void> {
  const profiles = [...people.profiles.values()].filter(profile => profile !== undefined)
  const gone = [...people.profiles.keys()].filter(id => people.profiles.get(id) === undefined)
  await Promise.all([
    writeLinks(tx, workspace, people.links, snapshot),
    writeMessages(tx, workspace, [...people.messages.keys()], snapshot),
    writeImports(tx, workspace, [...people.imports.values()]),
    writeProfiles(tx, workspace, profiles, snapshot.versions),
    removeProfiles(tx, workspace, gone, snapshot.versions),
    writeAccounts(tx, workspace, people.accounts, snapshot.accounts),
  ])
}

async function writeLinks(
  tx: Queries,
  workspace: string,
  links: ReadonlyMap<string, string | undefined>,
  snapshot: Snapshot,
): Promise<void> {
  const made: Link[] = []
  const moved: Link[] = []
  const gone: string[] = []
  for (const [identifier, source] of links) {
    const key = snapshot.keyOf(identifier)
    if (source === undefined) {
      // Made and taken away in one batch: by now it may be somebody else's.
      if (!snapshot.isFree(identifier)) gone.push(key)
    } else (snapshot.links.has(identifier) ? moved : made).push({ key, source })
  }
  await Promise.all([makeLinks(tx, workspace, made), moveLinks(tx, workspace, moved), removeLinks(tx, workspace, gone)])
}

interface Link {
  readonly key: string
  readonly source: string
}

async function makeLinks(tx: Queries, workspace: string, links: Link[]): Promise<void> {
  links.sort((a, b) => (a.key < b.key ? -1 : 1))
  await insertNew(
    tx,
    `INSERT INTO espalier.identifiers (workspace, identifier, source)
     SELECT $1, * FROM unnest($2::uuid[], $3::text[]) ON CONFLICT DO NOTHING`,
    [workspace, plainArray(links.map(({ key }) => key)), links.map(({ source }) => source)],
    links.length,
    'commit.links.make',
  )
}

/** Under the lock of the person who had them. */
async function moveLinks(tx: Queries, workspace: string, links: readonly Link[]): Promise<void> {
  if (links.length === 0) return
  // By the unique index whatever the planner thinks: a join would, on a table it knows nothing of, read all of it.
  await tx.change(
    `INSERT INTO espalier.identifiers (workspace, identifier, source)
     SELECT $1, * FROM unnest($2::uuid[], $3::text[])
     ON CONFLICT (workspace, identifier) DO UPDATE SET source = excluded.source`,
    [workspace, plainArray(links.map(({ key }) => key)), links.map(({ source }) => source)],
    'commit.links.move',
  )
}

/** Under the lock of the person who had them. */
async function removeLinks(tx: Queries, workspace: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await tx.change(
    'DELETE FROM espalier.identifiers WHERE workspace = $1 AND identifier = ANY ($2::uuid[])',
    [workspace, keys],
    'commit.links.remove',
  )
}

async function removeProfiles(
  tx: Queries,
  workspace: string,
  ids: readonly string[],
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  if (ids.length === 0) return
  const removed = await tx.change(
    'DELETE FROM espalier.profiles WHERE workspace = $1 AND id = ANY ($2::text[])',
    [workspace, ids],
    'commit.profiles.remove',
  )
  const stored = ids.filter(id => versions.has(id)).length
  if (removed !== stored) throw new Error(`${stored - removed} profiles went under their lock: the batch is refused.`)
}

async function writeMessages(
  tx: Queries,
  workspace: string,
  messageIds: readonly string[],
  snapshot: Snapshot,
): Promise<void> {
  await insertNew(
    tx,
    `INSERT INTO espalier.message_ids (generation, workspace, id)
     SELECT (SELECT max(generation) FROM espalier.message_generations), $1, id FROM unnest($2::uuid[]) AS id
     ON CONFLICT DO NOTHING`,
    [workspace, plainArray(messageIds.map(id => snapshot.keyOf(id)).sort())],
    messageIds.length,
    'commit.newMessages',
  )
}

async function writeImports(tx: Queries, workspace: string, origins: readonly ImportOrigin[]): Promise<void> {
  const files = [...new Set(origins.map(origin => origin.file))].sort()
  if (files.length === 0) return
  const known = 'SELECT id, file FROM espalier.import_files WHERE workspace = $1 AND file = ANY ($2::text[])'
  const find = async () =>
    new Map((await tx.query<{ id: number; file: string }>(known, [workspace, files])).map(({ id, file }) => [file, id]))
  let ids = await find()
  if (ids.size < files.length) {
    const added = files.filter(file => !ids.has(file))
    await tx.change(
      'INSERT INTO espalier.import_files (workspace, file) SELECT $1, * FROM unnest($2::text[]) ON CONFLICT DO NOTHING',
      [workspace, added],
    )
    ids = await find()
  }
  const rows = origins
    .map(({ file, row }) => ({ file: ids.get(file) ?? 0, row }))
    .sort((a, b) => a.file - b.file || a.row - b.row)
  await insertNew(
    tx,
    `INSERT INTO espalier.imported_rows (file, row)
     SELECT * FROM unnest($1::integer[], $2::bigint[]) ON CONFLICT DO NOTHING`,
    [plainArray(rows.map(row => row.file)), plainArray(rows.map(row => row.row))],
    rows.length,
    'commit.newImports',
  )
}

async function insertNew(tx: Queries, text: string, values: unknown[], count: number, name: string): Promise<void> {
  if (count === 0) return
  if ((await tx.change(text, values, name)) !== count)
    throw new Again('Somebody else brought the same at the same time.')
}

/** Each row's version is one higher than the one locked; a new one's is 1. */
async function writeProfiles(
  tx: Queries,
  workspace: string,
  profiles: readonly (Profile | MergedProfile)[],
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  if (profiles.length === 0) return
  const bodies = new Blobs()
  // A merged profile has no body.
  const places = profiles.map(profile => (isMerged(profile) ? undefined : bodies.add(encodeProfile(profile))))
  const written = await tx.change(
    `INSERT INTO espalier.profiles AS old (workspace, id, version, merged_into, body, due)
     SELECT $1, id, version, merged_into, substring($5::bytea FROM at FOR length), due
     FROM unnest($2::text[], $3::bigint[], $4::text[], $6::integer[], $7::integer[], $8::float8[])
       AS new (id, version, merged_into, at, length, due)
     ON CONFLICT (workspace, id) DO UPDATE
     SET version = excluded.version, merged_into = excluded.merged_into, body = excluded.body, due = excluded.due
     WHERE old.version = excluded.version - 1`,
    [
      workspace,
      profiles.map(profile => profile.id),
      plainArray(profiles.map(profile => (versions.get(profile.id) ?? 0) + 1)),
      profiles.map(profile => (isMerged(profile) ? profile.mergedInto : null)),
      bodies.all(),
      plainArray(places.map(place => place?.at ?? null)),
      plainArray(places.map(place => place?.length ?? null)),
      plainArray(profiles.map(profile => (isMerged(profile) ? null : (profile.due ?? null)))),
    ],
    'commit.profiles',
  )
  // The rows are locked: another version here is a fault of ours, not somebody else's luck (R1).
  if (written !== profiles.length) {
    throw new Error(`${profiles.length - written} profiles changed under their lock: the batch is refused.`)
  }
}
