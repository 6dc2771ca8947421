import type { Database } from '../client/database.ts'
import { WarehouseError } from '../errors.ts'
import { hotAmounts, profileHash } from './hot.ts'
import { type Column, columnText, createTable, type TableSchema } from './table.ts'
import { decisions, events, exposures, identityLinks, migrations as log, rates, spend } from './tables.ts'

export interface Migration {
  /** 1, 2, 3… without a gap. */
  readonly version: number
  readonly name: string
  /** Each may run again: a node that died halfway, or two nodes at once, do no harm. */
  readonly statements: readonly string[]
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'events, decisions, exposures, identity links, rates',
    statements: [events, decisions, exposures, identityLinks, rates].map(createTable),
  },
  {
    version: 2,
    name: 'the definitions under which an event was applied',
    statements: ['ALTER TABLE events ADD COLUMN IF NOT EXISTS definitions UInt64'],
  },
  {
    version: 3,
    name: 'why a source is somebody’s, and links that reports need not join',
    statements: identityLinks.columns
      .filter(({ name }) => ['identifier', 'evidence', 'won', 'bucket_key', 'silent'].includes(name))
      .map(({ name, type }) => `ALTER TABLE ${identityLinks.name} ADD COLUMN IF NOT EXISTS ${name} ${type}`),
  },
  {
    version: 4,
    name: 'what was spent',
    statements: [createTable(spend)],
  },
  {
    version: 5,
    name: 'what reports need of every row, beside the row',
    statements: [
      ...keep(events, [profileHash, ...[...hotAmounts.values()].map(({ amount }) => amount)]),
      ...keep(exposures, [profileHash]),
    ],
  },
  {
    version: 6,
    name: 'which of the amounts beside the row were text',
    statements: keep(
      events,
      [...hotAmounts.values()].map(({ isText }) => isText),
    ),
  },
]

/** Of rows from before, a column beside them is worked out as they are read, until the engine has written it in the background. */
function keep({ name }: TableSchema, columns: readonly Column[]): string[] {
  return columns.flatMap(column => [
    `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${columnText(column)}`,
    `ALTER TABLE ${name} MATERIALIZE COLUMN ${column.name}`,
  ])
}

/**
 * Brings the schema to this version's. A schema of a newer version is refused with `newer-version` and left as it is.
 * Returns the versions that were applied now.
 */
export async function migrate(database: Database, all: readonly Migration[] = migrations): Promise<number[]> {
  await database.command(createTable(log))
  const present = await presentVersion(database, all)
  const due = all.filter(migration => migration.version > present)
  for (const migration of due) {
    for (const statement of migration.statements) await database.command(statement)
    await record(database, migration)
  }
  return due.map(migration => migration.version)
}

/** What somebody else has brought the schema to, by statements of this version, is remembered as if it had been migrated. */
export async function recordVersion(database: Database): Promise<void> {
  const present = await presentVersion(database, migrations)
  for (const migration of migrations.filter(({ version }) => version > present)) await record(database, migration)
}

function record(database: Database, { version, name }: Migration): Promise<void> {
  return database.command('INSERT INTO migrations (version, name) SELECT {version:UInt32}, {name:String}', {
    version,
    name,
  })
}

/** Refuses a schema that is newer than these migrations. */
async function presentVersion(database: Database, all: readonly Migration[]): Promise<number> {
  const [row] = await database.rows<{ version: number }>('SELECT max(version) AS version FROM migrations')
  const present = row?.version ?? 0
  const ours = all.at(-1)?.version ?? 0
  if (present > ours) {
    throw new WarehouseError(
      'newer-version',
      `The warehouse has schema version ${present}; this version of Espalier knows ${ours}. Start the newer version, or restore a backup made before the upgrade.`,
    )
  }
  return present
}
