/**
 * Every table is keyed by workspace and then by person or name, and nothing joins across people, so it shards as it is.
 * Text that is compared or ordered has COLLATE "C": the order of code units, whatever the database's language.
 */
export const initial = `
CREATE TABLE espalier.instance (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  master_secret bytea NOT NULL
);

-- A person, or what a merged profile left behind (merged_into, no body). body: MessagePack of Profile.
-- Room in each page, so that an update stays in it and touches no index.
CREATE TABLE espalier.profiles (
  workspace text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  merged_into text COLLATE "C",
  body bytea,
  PRIMARY KEY (workspace, id),
  CHECK ((merged_into IS NULL) = (body IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX profiles_merged ON espalier.profiles (workspace) WHERE merged_into IS NOT NULL;

-- identifier: the first 128 bits of the SHA-256 of kind:value. source is '' only within the commit that makes the link, which
-- claims it first; afterwards it never changes.
CREATE TABLE espalier.identifiers (
  workspace text COLLATE "C" NOT NULL,
  identifier uuid NOT NULL,
  source text COLLATE "C" NOT NULL,
  PRIMARY KEY (workspace, identifier)
);

-- messageIds taken in within the horizon, by generation, so that old ones go by dropping a table.
CREATE TABLE espalier.message_ids (
  generation integer NOT NULL,
  workspace text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  PRIMARY KEY (workspace, id, generation)
) PARTITION BY LIST (generation);
-- started: when its first messageId may have come. counts: ids by workspace, once it is no longer written to.
CREATE TABLE espalier.message_generations (
  generation integer PRIMARY KEY,
  started bigint NOT NULL,
  counts jsonb
);

CREATE TABLE espalier.import_files (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace text COLLATE "C" NOT NULL,
  file text COLLATE "C" NOT NULL,
  UNIQUE (workspace, file)
);
CREATE TABLE espalier.imported_rows (
  file integer NOT NULL,
  row bigint NOT NULL,
  PRIMARY KEY (file, row)
);

-- Rows for the warehouse: what one commit has for one table and partition, as JSON lines. batch: the claimed batch it is in.
CREATE TABLE espalier.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  table_name text NOT NULL,
  partition integer NOT NULL,
  rows integer NOT NULL,
  bytes integer NOT NULL,
  at bigint NOT NULL,
  batch uuid,
  body bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- JSON lines shrink to a sixth under compression, and the write-ahead log with them: by lz4 where this server has it.
DO $$ BEGIN
  EXECUTE 'ALTER TABLE espalier.outbox ALTER COLUMN body SET COMPRESSION lz4';
EXCEPTION WHEN feature_not_supported OR syntax_error THEN NULL;
END $$;
CREATE INDEX outbox_waiting ON espalier.outbox (id) WHERE batch IS NULL;
CREATE INDEX outbox_claimed ON espalier.outbox (batch) WHERE batch IS NOT NULL;
CREATE TABLE espalier.outbox_batches (
  token uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  table_name text NOT NULL,
  partition integer NOT NULL,
  rows integer NOT NULL,
  holder text NOT NULL,
  until bigint NOT NULL
);

CREATE TABLE espalier.definition_sets (
  workspace text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL
);
CREATE TABLE espalier.definitions (
  workspace text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  published bigint NOT NULL,
  author text NOT NULL,
  archived boolean NOT NULL,
  body json NOT NULL,
  PRIMARY KEY (workspace, kind, key, version)
);

CREATE TABLE espalier.catalog (
  workspace text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  updated bigint NOT NULL,
  body json NOT NULL,
  PRIMARY KEY (workspace, id)
);

-- confirmed: the sum of what was confirmed. The row is the lock under which a counter changes.
CREATE TABLE espalier.counters (
  workspace text COLLATE "C" NOT NULL,
  counter text COLLATE "C" NOT NULL,
  confirmed bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace, counter)
);
CREATE TABLE espalier.reservations (
  workspace text COLLATE "C" NOT NULL,
  counter text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  n bigint NOT NULL,
  expires bigint,
  confirmed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (workspace, counter, key)
);
CREATE INDEX reservations_open ON espalier.reservations (workspace, counter) WHERE NOT confirmed;

CREATE TABLE espalier.api_keys (
  id text COLLATE "C" PRIMARY KEY,
  workspace text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  hash text COLLATE "C" NOT NULL UNIQUE,
  label text NOT NULL,
  created bigint NOT NULL,
  revoked bigint
);

CREATE TABLE espalier.leases (
  name text COLLATE "C" PRIMARY KEY,
  holder text NOT NULL,
  until bigint NOT NULL
);
`
