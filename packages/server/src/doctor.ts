import { many } from '@espalier/core'
import { validateSet } from '@espalier/core/plan'
import type { ApiKey } from '@espalier/store'
import { WarehouseError } from '@espalier/warehouse'
import { freeBytes } from './backup.ts'
import { PHYSICAL_WITHIN_MS } from './erasure/eraser.ts'
import { optionNames, optionTable } from './options/index.ts'
import type { Services } from './services.ts'
import { BOND_MEND } from './warehouseBond.ts'

export interface Check {
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly mend?: string
  readonly details?: Readonly<Record<string, unknown>>
}

type Examination = (services: Services, workspace: string, clock: number | undefined) => Promise<Check>

const GB = 1024 ** 3

/** Looks at everything; one check that breaks is a finding, not the end. */
export async function examine(services: Services, workspace: string, clock: number | undefined): Promise<Check[]> {
  const all = Object.entries(examinations)
  return Promise.all(
    all.map(async ([check, look]) => {
      try {
        return await look(services, workspace, clock)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        return { check, status: 'fail', message, mend: 'See the server’s log.' } as const
      }
    }),
  )
}

const examinations: Readonly<Record<string, Examination>> = {
  async versions({ version, options }) {
    const { platform, arch, versions } = process
    const details = {
      espalier: version,
      node: versions.node,
      platform: `${platform} ${arch}`,
      store: engineOf(options.store),
      warehouse: engineOf(options.warehouse),
    }
    return { check: 'versions', status: 'ok', message: `Espalier ${version} on Node ${versions.node}.`, details }
  },

  async disk({ options }) {
    if (options.store !== 'embedded' && options.warehouse !== 'embedded') {
      return { check: 'disk', status: 'ok', message: 'Nothing is kept on this machine.' }
    }
    const free = await freeBytes(options.data)
    const message = `${(free / GB).toFixed(1)} GB free where ${options.data} lies.`
    if (free > 5 * GB) return { check: 'disk', status: 'ok', message }
    return {
      check: 'disk',
      status: free > GB / 2 ? 'warn' : 'fail',
      message,
      mend: 'Make room before events are refused.',
    }
  },

  async clock({ now }, _workspace, clock) {
    if (clock === undefined) return { check: 'clock', status: 'ok', message: new Date(now()).toISOString() }
    const off = Math.round((now() - clock) / 1000)
    const message = `The server’s clock is ${Math.abs(off)} s ${off < 0 ? 'behind' : 'ahead of'} the caller’s.`
    if (Math.abs(off) <= 30) return { check: 'clock', status: 'ok', message }
    return { check: 'clock', status: 'warn', message, mend: 'Synchronise both by NTP: times of events depend on it.' }
  },

  async store({ store, queue }) {
    await store.check()
    const details = { ...(await store.stats()), queued: queue.waiting }
    return { check: 'store', status: 'ok', message: 'The store takes commits.', details }
  },

  async warehouse({ warehouse }) {
    try {
      await warehouse.check()
    } catch (error) {
      if (error instanceof WarehouseError && error.code === 'foreign') {
        return { check: 'warehouse', status: 'fail', message: error.message, mend: BOND_MEND }
      }
      const message = `The warehouse does not answer: ${error instanceof Error ? error.message : String(error)}`
      return {
        check: 'warehouse',
        status: 'fail',
        message,
        mend: 'Events and decisions go on; rows wait in the outbox. Start it again, or mend its URL.',
      }
    }
    return { check: 'warehouse', status: 'ok', message: 'The warehouse answers.', details: await warehouse.stats() }
  },

  async outbox({ store, shipper, now, options }) {
    const { rows, bytes, oldest } = await store.outbox.depth()
    const lag = oldest === undefined ? 0 : (now() - oldest) / 1000
    const full = bytes / options.outboxBytes
    const message = `${many(rows, 'row waits', 'rows wait')} for the warehouse, the oldest for ${lag.toFixed(1)} s; ${(100 * full).toFixed(1)} % of the bound.`
    const details = { rows, bytes, lagSeconds: lag, lastError: shipper.lastError ?? null }
    if (full > 0.8) {
      const mend = 'At the bound events are refused: mend the warehouse, or raise outboxBytes.'
      return { check: 'outbox', status: 'fail', message, mend, details }
    }
    if (lag > 60 || shipper.lastError !== undefined) {
      const mend = `Find out why the warehouse does not keep up${shipper.lastError === undefined ? '' : `: ${shipper.lastError}`}.`
      return { check: 'outbox', status: 'warn', message, mend, details }
    }
    return { check: 'outbox', status: 'ok', message, details }
  },

  async definitions({ store, backfill }, workspace) {
    const set = await store.definitions.current(workspace)
    // Upkeep is ours and not the team's: nobody can publish it.
    const live = set.definitions.filter(({ archived, kind }) => !archived && kind !== 'upkeep')
    const bodies = live.map(({ kind, key, body }) => ({ kind, key, body: JSON.parse(JSON.stringify(body)) }))
    const problems = validateSet(bodies, set)
    const details = { version: set.version, definitions: live.length, fillingInSignals: backfill.pending }
    const [first] = problems
    if (first !== undefined) {
      const message = `${many(problems.length, 'problem')}; ${first.kind} "${first.key}" ${first.path}: ${first.message}.`
      return { check: 'definitions', status: 'fail', message, mend: first.mend, details: { ...details, problems } }
    }
    const message = `${many(live.length, 'definition')} at version ${set.version}, all sound.`
    if (backfill.pending.length === 0) return { check: 'definitions', status: 'ok', message, details }
    return {
      check: 'definitions',
      status: 'warn',
      message: `${message} Signals are being filled in from the warehouse.`,
      mend: 'Wait: until then conditions on what people did may count too low.',
      details,
    }
  },

  async keys({ store }, workspace) {
    const keys = (await store.keys.list(workspace)).filter(key => key.revoked === undefined)
    const count = (kind: ApiKey['kind']) => keys.filter(key => key.kind === kind).length
    const counts = (['write', 'secret', 'analyst'] as const)
      .filter(kind => count(kind) > 0)
      .map(kind => many(count(kind), `${kind} key`))
    const message = `Live: ${counts.join(', ')}.`
    if (count('write') > 0) return { check: 'keys', status: 'ok', message }
    return { check: 'keys', status: 'warn', message, mend: 'Make a write key, or no page can send events.' }
  },

  async privacy({ eraser, newcomers, metrics, now, definitions }, workspace) {
    const oldest = await eraser.oldest(workspace)
    const held = newcomers.report(workspace)
    const refused = await metrics.refusedByConsent()
    const details = { erasureWaitsSince: oldest ?? null, heldBack: held.slice(0, 20), refusedByConsent: refused }
    if (oldest !== undefined && now() - oldest > PHYSICAL_WITHIN_MS) {
      const message = `An erasure of ${new Date(oldest).toISOString()} is not on all disks yet.`
      const mend = 'Look at `error` in GET /v1/erasures and mend what it names; it goes on by itself.'
      return { check: 'privacy', status: 'fail', message, mend, details }
    }
    if (held.length > 0) {
      const events = held.reduce((sum, one) => sum + one.events, 0)
      const message = `${many(events, 'event')} of new people from ${many(held.length, 'network')} ${events === 1 ? 'was' : 'were'} held back in the last hour.`
      const mend =
        'If a network is a proxy of yours, name it in trustProxy; if they are people, raise newPeople; if not, let your firewall keep them out.'
      return { check: 'privacy', status: 'warn', message, mend, details }
    }
    const message = `Nothing waits to be erased; ${many(refused, 'event was', 'events were')} refused for want of consent since the start.`
    if ((await definitions.of(workspace)).compiled.consent.isStated)
      return { check: 'privacy', status: 'ok', message, details }
    const mend =
      'The settings have no consent section: nobody is asked before they are stored, wherever they are. With `consent: {}` the EEA, GB, CH and BR are.'
    return { check: 'privacy', status: 'ok', message, mend, details }
  },

  async limits({ options }) {
    const details = Object.fromEntries(
      optionNames
        .filter(name => ['integer', 'bytes', 'duration'].includes(optionTable[name].type))
        .map(name => [name, options[name]]),
    )
    const memory = process.memoryUsage()
    const uptime = Math.round(process.uptime())
    return {
      check: 'limits',
      status: 'ok',
      message: `${(memory.rss / 1024 ** 2).toFixed(0)} MB of memory in use, up for ${uptime} s.`,
      details: { ...details, rss: memory.rss, heapUsed: memory.heapUsed, uptimeSeconds: uptime },
    }
  },
}

/** Where an engine is, without its password. */
function engineOf(location: string): string {
  if (location === 'embedded') return location
  const { protocol, host } = new URL(location)
  return `${protocol}//${host}`
}
