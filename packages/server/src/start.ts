import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { consentRules } from '@espalier/core/consent'
import { DEFAULT_IDENTITY } from '@espalier/core/identity'
import { planOfNeeds } from '@espalier/core/plan'
import type { Store } from '@espalier/store'
import { type Warehouse, WarehouseError } from '@espalier/warehouse'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { refuseHalfRestored, removeOldBackups } from './backup.ts'
import { locationOf, openStoreOf, openWarehouseOf, prepareFolders } from './engines.ts'
import { Eraser } from './erasure/eraser.ts'
import { createApp } from './http/app.ts'
import { routes } from './http/routes/index.ts'
import { watchUnused } from './http/unusedConnections.ts'
import { newId } from './id.ts'
import { Models } from './learning/models.ts'
import { createLog } from './log.ts'
import { Metrics } from './metrics.ts'
import { type ServerOptions, withDefaults } from './options/index.ts'
import { Binder } from './pipeline/binder.ts'
import { Decider } from './pipeline/decide.ts'
import { DecisionIds } from './pipeline/decisionId.ts'
import { LiveDefinitions } from './pipeline/definitions.ts'
import { Demand } from './pipeline/demand.ts'
import { Graves } from './pipeline/graves.ts'
import { Intake } from './pipeline/intake.ts'
import { KeyRing } from './pipeline/keys.ts'
import { Links } from './pipeline/links.ts'
import { Newcomers } from './pipeline/newcomers.ts'
import { CommitQueue } from './pipeline/queue.ts'
import { Supplies } from './pipeline/supplies.ts'
import { UserHashes } from './pipeline/userHash.ts'
import { Places } from './place/places.ts'
import { StartError } from './problem.ts'
import type { Services } from './services.ts'
import { SteadyWarehouse } from './steadyWarehouse.ts'
import { packageVersion } from './version.ts'
import { WarehouseBond } from './warehouseBond.ts'
import { watchGauges } from './watchGauges.ts'
import { within } from './within.ts'
import { Backfill } from './workers/backfill.ts'
import { busyMs } from './workers/courtesy.ts'
import { Learner } from './workers/learner.ts'
import { Optimizer } from './workers/optimizer.ts'
import { Rebuilder } from './workers/rebuild.ts'
import { Rebuilds } from './workers/rebuilds.ts'
import { Retention } from './workers/retention.ts'
import { Shipper } from './workers/shipper.ts'
import { Timers } from './workers/timers.ts'
import { FIRST_WORKSPACE, prepareFirstWorkspace } from './workspace.ts'

/** What a test may put in the place of the real thing. */
export interface Parts {
  readonly store?: Store
  readonly warehouse?: Warehouse
  readonly now?: () => number
  readonly log?: Logger
}

export interface Server {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** Keys of the first workspace that were made just now: show them, they cannot be had again. */
  readonly madeKeys: { readonly writeKey?: string; readonly secretKey?: string }
  readonly services: Services
  /** Stops accepting, finishes what is under way, ships, closes; within `drainTime` as far as that is enough. */
  close(): Promise<void>
}

/** No definitions are loaded yet: then nothing is kept for them. */
const NO_PLAN = planOfNeeds(0, [])
/** A timer is heard at most so late while there is little to do. */
const TIMERS_EVERY_MS = 200
const NO_SETTINGS = consentRules()
/** A start waits so long for a ClickHouse server that says nothing at all. */
const WAREHOUSE_PATIENCE_MS = 5000

/** The composition root: everything is made and connected here. Throws `StartError`: one line that says what to do. */
export async function startServer(given: Partial<ServerOptions> = {}, parts: Parts = {}): Promise<Server> {
  const options = withDefaults(given)
  const log = parts.log ?? createLog(options.logLevel)
  const now = parts.now ?? Date.now
  locationOf(options)
  await refuseHalfRestored(options.data)
  const places = new Places(options.placeFile)
  await prepareFolders(options)
  const store = parts.store ?? (await openStoreOf(options, now))
  const bond = new WarehouseBond(store, now)
  const warehouse = new SteadyWarehouse(
    async signal => parts.warehouse ?? openWarehouseOf(options, log, signal),
    bond,
    log,
  )
  try {
    if (options.store === 'embedded' && parts.store === undefined) await removeOldBackups(options.data)
    await warehouse.start(options.warehouse === 'embedded' ? undefined : WAREHOUSE_PATIENCE_MS)
    const madeKeys = await prepareFirstWorkspace(store, options, { now, newId })
    if (options.secretKey !== undefined && options.secretKey.length < 16) {
      log.warn('the secret key is shorter than 16 characters: whoever guesses it may read and change everything')
    }
    const services = await connect(options, { store, warehouse, bond, log, now, places })
    const app = createApp(routes, services)
    const closeUnused = watchUnused(app.server)
    const url = await listen(app, options)
    services.shipper.start()
    services.timers.start()
    services.eraser.start()
    services.retention.start()
    services.learner.start()
    services.optimizer.start()
    for (const workspace of await store.keys.workspaces()) services.backfill.schedule(workspace)
    log.info({ url, store: nameOf(options.store), warehouse: nameOf(options.warehouse) }, 'ready')
    let closing: Promise<void> | undefined
    return {
      url,
      madeKeys,
      services,
      close: () => {
        closing ??= shutDown(app, services, closeUnused)
        return closing
      },
    }
  } catch (error) {
    await Promise.allSettled([warehouse.close(), store.close()])
    if (error instanceof WarehouseError) throw new StartError(error.message, { cause: error })
    throw error
  }
}

async function connect(
  options: ServerOptions,
  base: Pick<Services, 'store' | 'bond' | 'log' | 'now' | 'places'> & { readonly warehouse: SteadyWarehouse },
): Promise<Services> {
  const { store, warehouse, bond, log, now, places } = base
  const metrics = new Metrics()
  const secret = await store.masterSecret()
  const holder = newId()
  const userHashes = new UserHashes(secret)
  const decisionIds = new DecisionIds(secret)
  const models = new Models({ store, now, holder })
  const definitions = new LiveDefinitions(store, now, models)
  const plan = (workspace: string) => definitions.last(workspace)?.compiled.plan ?? NO_PLAN
  const { queueItems: maxItems, queueBytes: maxBytes, shipEvery: every } = options
  const consent = (workspace: string) => definitions.last(workspace)?.compiled.consent ?? NO_SETTINGS
  const identity = (workspace: string) => definitions.last(workspace)?.compiled.identity ?? DEFAULT_IDENTITY
  const note: Rebuilds['note'] = (workspace, applied) => rebuilds.note(workspace, applied)
  const demand = new Demand()
  const queue = new CommitQueue({ store, now, plan, consent, identity, metrics, note, maxItems, maxBytes, busyMs })
  const shipper = new Shipper({ outbox: store.outbox, warehouse, now, log, metrics, holder, every })
  // With PostgreSQL there may be other nodes, which learn of new definitions within 2 s (R4).
  const settleMs = options.store === 'embedded' ? 0 : 2500
  const graves = new Graves({ store, masterSecret: secret, now, shared: options.store !== 'embedded' })
  const newcomers = new Newcomers({ store, now, perMinute: options.newPeople })
  const shared = { store, warehouse, queue, definitions, now, log, holder }
  const rebuilder = new Rebuilder({ store, warehouse, shipper, queue, definitions })
  const rebuilds = new Rebuilds({ rebuilder, now, log })
  const prepare = async (workspace: string) => definitions.of(workspace)
  const supplies = new Supplies(store.counters, secret, now)
  const binder = new Binder(queue, supplies, metrics)
  const services: Services = {
    options,
    version: packageVersion(),
    now,
    newId,
    log,
    metrics,
    store,
    warehouse,
    bond,
    firstWorkspace: FIRST_WORKSPACE,
    keys: new KeyRing(store.keys, now),
    links: new Links(secret),
    userHashes,
    definitions,
    backfill: new Backfill({ store, warehouse, definitions, queue, demand, shipper, now, log, holder, settleMs }),
    rebuilder,
    rebuilds,
    demand,
    queue,
    places,
    graves,
    newcomers,
    intake: new Intake({ userHashes, decisionIds, newId, places, graves, newcomers }),
    supplies,
    decider: new Decider({ store, queue, graves, newcomers, decisionIds, supplies, binder, newId, now, metrics }),
    shipper,
    eraser: new Eraser({ ...shared, shipper, graves, masterSecret: secret, newId, settleMs }),
    retention: new Retention(shared),
    models,
    learner: new Learner({ ...shared, shipper, models }),
    optimizer: new Optimizer({ ...shared, shipper, models }),
    timers: new Timers({ store, queue, prepare, now, log, holder, every: TIMERS_EVERY_MS }),
  }
  watchGauges(services)
  return services
}

async function listen(app: FastifyInstance, { port, host }: ServerOptions): Promise<string> {
  try {
    await app.listen({ port, host })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    await app.close()
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `Port ${port} on ${host} is in use by another process. Stop that one, or choose another port with --port.`,
      )
    }
    if (code === 'EACCES')
      throw new StartError(`Port ${port} needs rights this process has not: choose one above 1023.`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartError(`This machine has no address ${host}. Set --host to one it has, such as 127.0.0.1.`)
    }
    throw error
  }
  const address = app.server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${name}:${address.port}`
}

async function shutDown(app: FastifyInstance, services: Services, closeUnused: () => void): Promise<void> {
  const { queue, shipper, timers, eraser, retention, learner, optimizer, backfill, rebuilds, store, warehouse } =
    services
  const { options, log } = services
  const deadline = performance.now() + options.drainTime
  const left = () => Math.max(deadline - performance.now(), 0)
  log.info('stopping')
  await within(
    left(),
    Promise.all([
      closeApp(app, services, closeUnused),
      ...[backfill, rebuilds, timers, eraser, retention, learner, optimizer].map(one => one.stop()),
    ]),
  )
  app.server.closeAllConnections()
  // Whatever was accepted is committed, however long it takes: it may have been acknowledged.
  await queue.close()
  const shipped = await shipper.drain(left())
  // A batch that the warehouse does not answer is sent again, the same, after the next start.
  await within(left(), shipper.stop())
  if (!shipped) log.warn('rows are left in the outbox; they are shipped after the next start')
  await store.close()
  await warehouse.close()
  log.info('stopped')
}

const TURN_MS = 25
/** How long is waited for those who ask all the time. */
const MOST_MS = 250

/**
 * A connection that is kept alive ends as soon as its request does. Those in use are told so with their answer, and only then the idle
 * ones are closed: one may look idle while the next request has been sent on it and is not yet read.
 */
async function closeApp(app: FastifyInstance, { demand, options }: Services, closeUnused: () => void): Promise<void> {
  app.server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  const asked = demand.watch()
  for (let waited = 0; waited < Math.min(MOST_MS, options.drainTime / 2); waited += TURN_MS) {
    await sleep(TURN_MS)
    if (asked() === 0) break
  }
  const timer = setInterval(() => {
    app.server.closeIdleConnections()
    closeUnused()
  }, TURN_MS)
  try {
    await app.close()
  } finally {
    clearInterval(timer)
  }
}

/** Never with its password. */
function nameOf(location: string): string {
  return location === 'embedded' ? location : new URL(location).host
}
