import { availableParallelism } from 'node:os'

/** What the engine as a whole may take, beside the limits of each query. */
export interface EngineLimits {
  /** Bytes of memory; a query or insert that would pass it fails with `memory`. */
  readonly memory: number
}

/** Up to so many cores merges have one thread: with an insert beside it, two would leave no core to those who decide. */
const FEW_CORES = 4

/** The engine's server configuration: bounded memory, small caches, few background threads. It keeps no logs of its own. */
export function engineConfig({ memory }: EngineLimits, cores = availableParallelism()): string {
  const cache = Math.floor(memory / 16)
  const values = {
    max_server_memory_usage: memory,
    background_pool_size: cores <= FEW_CORES ? 1 : 2,
    background_merges_mutations_concurrency_ratio: 2,
    background_schedule_pool_size: 2,
    background_common_pool_size: 2,
    background_move_pool_size: 1,
    background_fetches_pool_size: 1,
    mark_cache_size: cache,
    uncompressed_cache_size: 0,
    index_mark_cache_size: 0,
    mmap_cache_size: 0,
    max_thread_pool_size: 256,
    max_thread_pool_free_size: 16,
  }
  const merge_tree = {
    // A part for each batch, one a second: merged twenty at a time instead of five, a row is written anew less often, which halves what it
    // costs in all; a question meets some twenty parts more.
    merge_selector_base: 20,
    // Made for pools of 16 and more: with a small one, merges would stay small for ever.
    number_of_free_entries_in_pool_to_lower_max_size_of_merge: 1,
    number_of_free_entries_in_pool_to_execute_mutation: 1,
    number_of_free_entries_in_pool_to_execute_optimize_entire_partition: 1,
  }
  return `<clickhouse>\n${xml(values)}\n<merge_tree>\n${xml(merge_tree)}\n</merge_tree>\n</clickhouse>\n`
}

function xml(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([name, value]) => `  <${name}>${value}</${name}>`)
    .join('\n')
}
