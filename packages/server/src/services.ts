import type { Store } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import type { Logger } from 'pino'
import type { Eraser } from './erasure/eraser.ts'
import type { Models } from './learning/models.ts'
import type { Metrics } from './metrics.ts'
import type { ServerOptions } from './options/index.ts'
import type { Decider } from './pipeline/decide.ts'
import type { LiveDefinitions } from './pipeline/definitions.ts'
import type { Demand } from './pipeline/demand.ts'
import type { Graves } from './pipeline/graves.ts'
import type { Intake } from './pipeline/intake.ts'
import type { KeyRing } from './pipeline/keys.ts'
import type { Links } from './pipeline/links.ts'
import type { Newcomers } from './pipeline/newcomers.ts'
import type { CommitQueue } from './pipeline/queue.ts'
import type { Supplies } from './pipeline/supplies.ts'
import type { UserHashes } from './pipeline/userHash.ts'
import type { Places } from './place/places.ts'
import type { WarehouseBond } from './warehouseBond.ts'
import type { Backfill } from './workers/backfill.ts'
import type { Learner } from './workers/learner.ts'
import type { Optimizer } from './workers/optimizer.ts'
import type { Rebuilder } from './workers/rebuild.ts'
import type { Rebuilds } from './workers/rebuilds.ts'
import type { Retention } from './workers/retention.ts'
import type { Shipper } from './workers/shipper.ts'
import type { Timers } from './workers/timers.ts'

/** What routes work with; made once by the composition root. */
export interface Services {
  readonly options: ServerOptions
  /** Of the package. */
  readonly version: string
  readonly now: () => number
  readonly newId: () => string
  readonly log: Logger
  readonly metrics: Metrics
  readonly store: Store
  readonly warehouse: Warehouse
  readonly bond: WarehouseBond
  /** The workspace whose keys the options set. */
  readonly firstWorkspace: string
  readonly keys: KeyRing
  readonly links: Links
  readonly userHashes: UserHashes
  readonly definitions: LiveDefinitions
  readonly places: Places
  readonly graves: Graves
  readonly newcomers: Newcomers
  readonly eraser: Eraser
  readonly retention: Retention
  readonly backfill: Backfill
  readonly rebuilder: Rebuilder
  readonly rebuilds: Rebuilds
  readonly demand: Demand
  readonly queue: CommitQueue
  readonly intake: Intake
  readonly decider: Decider
  readonly supplies: Supplies
  readonly shipper: Shipper
  readonly timers: Timers
  readonly models: Models
  readonly learner: Learner
  readonly optimizer: Optimizer
}
