export type Settings = Readonly<Record<string, string | number>>

/** What queries and inserts may take. */
export interface Limits {
  /** Threads of a query. */
  readonly threads: number
  /** Bytes a query may hold in memory. */
  readonly queryMemory: number
  /** Seconds a query may run. */
  readonly queryTimeout: number
}

/** Largest answer of a query: aggregates are small, pages of rows are bounded by their own limits. */
const MAX_RESULT_BYTES = 64 * 1024 * 1024

/** For everything that reads. Part of each query, whichever engine answers it, so that both behave alike. */
export function readSettings(limits: Limits): Settings {
  return {
    max_threads: limits.threads,
    max_memory_usage: limits.queryMemory,
    // Beyond these parts of the bound, groups and sorts go to the disk instead of failing. A report on a million people stays in memory.
    max_bytes_before_external_group_by: Math.floor((limits.queryMemory * 2) / 3),
    max_bytes_before_external_sort: Math.floor(limits.queryMemory / 2),
    max_execution_time: limits.queryTimeout,
    timeout_overflow_mode: 'throw',
    max_result_bytes: MAX_RESULT_BYTES,
    result_overflow_mode: 'throw',
    // Amounts in text are read to the last digit.
    precise_float_parsing: 1,
    // Counts are far below 2^53.
    output_format_json_quote_64bit_integers: 0,
    output_format_json_quote_denormals: 0,
    // Unmatched rows of a join bring the type's default value: '' and 0.
    join_use_nulls: 0,
    session_timezone: 'UTC',
  }
}

/** For every batch: one block of one partition, taken in as a whole, at once, durably, once. */
export const insertSettings: Settings = {
  async_insert: 0,
  insert_deduplicate: 1,
  max_insert_threads: 1,
  // A batch over two months would be several parts under one token; the engine refuses it.
  max_partitions_per_insert_block: 1,
  throw_on_max_partitions_per_insert_block: 1,
  // A batch is far below both, so it is one block: one part, all or nothing.
  max_insert_block_size: 1_048_449,
  min_insert_block_size_bytes: 1_073_741_824,
  input_format_parallel_parsing: 0,
  date_time_input_format: 'basic',
  // As in queries, whatever a server's own default is: what is worked out as rows come in is what reading them gives, to the last digit.
  precise_float_parsing: 1,
  // A field the table does not have is a mistake of ours, not something to drop.
  input_format_skip_unknown_fields: 0,
  input_format_defaults_for_omitted_fields: 1,
  // Properties are objects in the row and text in the table.
  input_format_json_read_objects_as_strings: 1,
  // Half a surrogate pair in a string is kept as it was written: a row once acknowledged must never block the others.
  input_format_json_throw_on_bad_escape_sequence: 0,
  session_timezone: 'UTC',
}
