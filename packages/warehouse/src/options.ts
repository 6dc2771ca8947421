import type { EngineEvent } from './engine/index.ts'
import type { Retention } from './schema/retention.ts'

/** A ClickHouse server. */
export interface Server {
  readonly url: string
  readonly username?: string
  readonly password?: string
}

/** Where the warehouse is: a folder of this machine, or a ClickHouse server. */
export type Location =
  | {
      readonly embedded: {
        /** Folder of its own; made when it is not there. One process at a time. */
        readonly path: string
      }
    }
  | {
      /** `http://host:8123` or `https://…`. */
      readonly url: string
      readonly username?: string
      readonly password?: string
      /** Made when it is not there and the user may; not on a cluster. */
      readonly database?: string
      /**
       * Of a cluster: a server of each shard, in the order of the cluster's configuration, which rows are written to. The URL above is
       * then any server with the `Distributed` tables. The tables are those of `clusterDdl`.
       */
      readonly shards?: readonly Server[]
    }

export interface WarehouseOptions {
  /**
   * Threads of a query. 1 leaves most of a 2-core machine to taking events; 2 answers reports nearly twice as fast and costs the
   * intake up to half while they run.
   */
  readonly threads?: number
  /** Bytes the embedded engine may hold in all; a query may have 60 % of it, and goes to the disk beyond 30 to 40 %. */
  readonly memory?: number
  /** Milliseconds a query may run before it fails with `timeout`. */
  readonly queryTimeoutMs?: number
  /** Queries that run at once: embedded one, since the engine shares the machine with the intake. */
  readonly queries?: number
  /** Queries and inserts that may wait; more are refused with `busy`. */
  readonly waiting?: number
  readonly retention?: Retention
  /** The embedded engine started or died: for the log. */
  readonly onEvent?: (event: EngineEvent) => void
  /** Breaks off what is under way with a ClickHouse server, opening included. The embedded engine is opened and closed in its own time. */
  readonly signal?: AbortSignal
}

export interface Resolved extends Required<Omit<WarehouseOptions, 'onEvent' | 'signal'>> {
  readonly signal: AbortSignal | undefined
  readonly onEvent: (event: EngineEvent) => void
}

export function resolveOptions(location: Location, options: WarehouseOptions): Resolved {
  return {
    threads: options.threads ?? 1,
    memory: options.memory ?? 1_500_000_000,
    queryTimeoutMs: options.queryTimeoutMs ?? 60_000,
    queries: options.queries ?? ('embedded' in location ? 1 : 4),
    waiting: options.waiting ?? 32,
    retention: options.retention ?? {},
    onEvent: options.onEvent ?? (() => undefined),
    signal: options.signal,
  }
}
