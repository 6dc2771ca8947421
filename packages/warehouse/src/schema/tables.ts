import { hotAmounts, profileHash } from './hot.ts'
import { DEDUPLICATION_WINDOW, json, type TableSchema, text, time, word } from './table.ts'

const byMonth = 'toYYYYMM(timestamp)'

/** What happened, filed under the source profile for ever. */
export const events: TableSchema = {
  name: 'events',
  columns: [
    word('workspace'),
    text('profile'),
    time('timestamp'),
    time('received'),
    { name: 'index', type: 'UInt32' },
    text('message_id'),
    word('type'),
    word('name'),
    text('user_id'),
    text('anonymous_id'),
    text('group_id'),
    text('session_id'),
    { name: 'revenue', type: 'Nullable(Float64)' },
    word('currency'),
    json('properties'),
    json('context'),
    { name: 'definitions', type: 'UInt64' },
    profileHash,
    ...[...hotAmounts.values()].flatMap(({ amount, isText }) => [amount, isText]),
  ],
  engine: { kind: 'rows' },
  partitionBy: byMonth,
  orderBy: ['workspace', 'profile', 'timestamp'],
  shardBy: 'profile',
  person: ['profile'],
  expiresBy: 'timestamp',
  deduplicationWindow: DEDUPLICATION_WINDOW,
}

/** What was decided: a row a request, its answers as parallel arrays (R7). */
export const decisions: TableSchema = {
  name: 'decisions',
  columns: [
    word('workspace'),
    text('profile'),
    time('timestamp'),
    text('request_id'),
    text('bucket_key'),
    { name: 'definitions', type: 'UInt64' },
    json('context'),
    json('inputs'),
    { name: 'answers.touchpoint', type: 'Array(LowCardinality(String))' },
    { name: 'answers.experience', type: 'Array(LowCardinality(String))' },
    { name: 'answers.version', type: 'Array(UInt32)' },
    { name: 'answers.variant', type: 'Array(LowCardinality(String))' },
    { name: 'answers.reason', type: 'Array(LowCardinality(String))' },
    { name: 'answers.propensity', type: 'Array(Float64)' },
    { name: 'answers.control', type: 'Array(Bool)' },
    { name: 'answers.holdout', type: 'Array(Bool)' },
    { name: 'answers.model', type: 'Array(LowCardinality(String))' },
  ],
  engine: { kind: 'rows' },
  partitionBy: byMonth,
  orderBy: ['workspace', 'profile', 'timestamp'],
  shardBy: 'profile',
  person: ['profile'],
  expiresBy: 'timestamp',
  deduplicationWindow: DEDUPLICATION_WINDOW,
}

/** What was really seen. Sorted by experience, since that is how it is asked for. */
export const exposures: TableSchema = {
  name: 'exposures',
  columns: [
    word('workspace'),
    text('profile'),
    time('timestamp'),
    text('message_id'),
    text('request_id'),
    word('touchpoint'),
    word('experience'),
    { name: 'version', type: 'UInt32' },
    word('variant'),
    { name: 'control', type: 'Bool' },
    { name: 'holdout', type: 'Bool' },
    { name: 'propensity', type: 'Float64' },
    profileHash,
  ],
  engine: { kind: 'rows' },
  partitionBy: byMonth,
  orderBy: ['workspace', 'experience', 'profile', 'timestamp'],
  shardBy: 'profile',
  person: ['profile'],
  expiresBy: 'timestamp',
  deduplicationWindow: DEDUPLICATION_WINDOW,
}

/**
 * Who a source profile is: the latest row wins (R12). `position` is the row's place in its batch, which is in commit order:
 * it decides between two links of one millisecond. A `silent` link is of a source under which nothing is filed: reports leave it out.
 */
export const identityLinks: TableSchema = {
  name: 'identity_links',
  columns: [
    word('workspace'),
    text('source'),
    text('canonical'),
    time('at'),
    text('cause'),
    text('identifier'),
    text('evidence'),
    word('won'),
    text('bucket_key'),
    { name: 'silent', type: 'Bool' },
    { name: 'position', type: 'UInt32', default: 'rowNumberInAllBlocks()' },
  ],
  engine: { kind: 'rows' },
  partitionBy: 'toYYYYMM(at)',
  orderBy: ['workspace', 'source', 'at'],
  shardBy: 'source',
  person: ['source', 'canonical'],
  deduplicationWindow: DEDUPLICATION_WINDOW,
}

/**
 * Daily exchange rates; the last write of a day wins. Not deduplicated: A, then B, then A again must leave A.
 */
export const rates: TableSchema = {
  name: 'rates',
  columns: [
    word('workspace'),
    word('base'),
    word('currency'),
    { name: 'day', type: 'Date32' },
    { name: 'rate', type: 'Float64' },
    { name: 'written', type: "DateTime64(6, 'UTC')", default: 'now64(6)' },
  ],
  engine: { kind: 'latest', version: 'written' },
  orderBy: ['workspace', 'base', 'currency', 'day'],
  shardBy: 'workspace',
  deduplicationWindow: 0,
}

/**
 * What was spent on a day; the last write of the same day, channel, campaign, experience and currency wins. Not deduplicated, as
 * `rates`.
 */
export const spend: TableSchema = {
  name: 'spend',
  columns: [
    word('workspace'),
    { name: 'day', type: 'Date32' },
    word('channel'),
    word('campaign'),
    word('experience'),
    word('currency'),
    { name: 'amount', type: 'Float64' },
    { name: 'written', type: "DateTime64(6, 'UTC')", default: 'now64(6)' },
  ],
  engine: { kind: 'latest', version: 'written' },
  orderBy: ['workspace', 'day', 'channel', 'campaign', 'experience', 'currency'],
  shardBy: 'workspace',
  deduplicationWindow: 0,
}

/** Which migrations have run. */
export const migrations: TableSchema = {
  name: 'migrations',
  columns: [
    { name: 'version', type: 'UInt32' },
    { name: 'name', type: 'String' },
    { name: 'applied', type: "DateTime64(3, 'UTC')", default: 'now64(3)' },
  ],
  engine: { kind: 'latest', version: 'applied' },
  orderBy: ['version'],
  shardBy: 'version',
  deduplicationWindow: 0,
}

/** Of a shard: which one it is, of how many. Rows were divided by it, so it never changes. */
export const layout: TableSchema = {
  name: 'layout',
  columns: [
    { name: 'shard', type: 'UInt32' },
    { name: 'shards', type: 'UInt32' },
    { name: 'since', type: "DateTime64(3, 'UTC')", default: 'now64(3)' },
  ],
  engine: { kind: 'latest', version: 'since' },
  orderBy: ['shard', 'shards'],
  shardBy: 'shard',
  deduplicationWindow: 0,
}

/** Every table that holds data, in the order they are made. */
export const tables: readonly TableSchema[] = [events, decisions, exposures, identityLinks, rates, spend]
