import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Server, startServer } from '@espalier/server'
import { CHANGES, catalogItems, createWorld, ShopClient, type World } from '@espalier/simulator'
import { Api } from '../http/api.ts'
import { palette } from '../output/colour.ts'
import { count } from '../output/progressLine.ts'
import type { Shell } from '../shell.ts'
import { loadHistory } from './history.ts'
import { serveShoppers } from './live.ts'
import { reportExperiences, reportFunnel, reportShopper } from './report.ts'

export interface DemoOptions {
  readonly scale: 'small' | 'medium'
  readonly seed: string
  /** End after the report. */
  readonly exit: boolean
}

/** What one scale means. */
export interface Scale {
  /** People of the imported history, and its length. */
  readonly people: number
  readonly days: number
  /** People who then come live; the first of them are those of the history. */
  readonly shoppers: number
}

const SCALES: Readonly<Record<DemoOptions['scale'], Scale>> = {
  small: { people: 400, days: 7, shoppers: 600 },
  medium: { people: 2000, days: 14, shoppers: 5000 },
}

/** A running demo: what its parts need. */
export interface Demo {
  readonly shell: Shell
  readonly api: Api
  readonly client: ShopClient
  readonly world: World
  readonly scale: Scale
  readonly heading: (text: string) => void
}

/** The whole loop in a minute, on a fresh data folder that is removed at the end. */
export async function runDemo(options: DemoOptions, shell: Shell): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-demo-'))
  const interrupted = new Promise<void>(resolve => void shell.onInterrupt(resolve))
  let server: Server | undefined
  try {
    const paint = palette(shell.colour)
    const heading = (text: string) => shell.out(`\n${paint.bold(text)}\n`)
    const began = performance.now()
    server = await startServer({ data: folder, port: 0, logLevel: 'error' })
    shell.out(
      `The engine runs at ${server.url} after ${((performance.now() - began) / 1000).toFixed(1)} s, with its data in ${folder}.\n`,
    )
    const told = tell(server, options, shell, heading)
    await Promise.race([told, interrupted])
    if (options.exit) return
    await interrupted
    shell.out('\nStopping.\n')
  } finally {
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function tell(server: Server, options: DemoOptions, shell: Shell, heading: Demo['heading']): Promise<void> {
  const { writeKey = '', secretKey = '' } = server.madeKeys
  const api = new Api({ url: server.url, key: secretKey })
  const scale = SCALES[options.scale]
  const world = createWorld({ seed: options.seed, people: scale.people })
  const { version } = await api.post<{ version: number }>(
    '/v1/definitions',
    { changes: JSON.parse(JSON.stringify(CHANGES)) },
    'version',
  )
  await api.post<{ stored: number }>('/v1/catalog', { items: catalogItems(world.catalog) }, 'stored')
  const { identitySecret } = await api.get<{ identitySecret: string }>('/v1/identity-secret', 'identitySecret')
  const client = new ShopClient({ url: server.url, writeKey, identitySecret })
  shell.out(
    `Published ${CHANGES.length} definitions (version ${version}) and ${count(world.catalog.length)} products. The workspace requires userHash: the shop signs each userId.\n`,
  )

  const demo: Demo = { shell, api, client, world, scale, heading }
  await loadHistory(demo)
  await reportFunnel(demo)
  const shoppers = await serveShoppers(demo)
  await reportExperiences(demo, shoppers)
  await reportShopper(demo, shoppers)
  if (!options.exit) reportKeys(demo, server.url, writeKey, secretKey)
}

function reportKeys({ heading, shell }: Demo, url: string, writeKey: string, secretKey: string): void {
  heading('It keeps running. Try:')
  shell.out(`
  write key:  ${writeKey}
  secret key: ${secretKey}

  # what does somebody new get, now?
  curl -s ${url}/v1/decide -H 'authorization: Bearer ${writeKey}' -H 'content-type: application/json' \\
    -d '{"anonymousId": "me", "touchpoints": ["home.hero", "home.recommendations", "cart.offer"]}'

  # look at three products, and ask again
  curl -s ${url}/v1/decide -H 'authorization: Bearer ${writeKey}' -H 'content-type: application/json' \\
    -d '{"anonymousId": "me", "touchpoints": ["home.hero"], "events": [${'{"type":"track","anonymousId":"me","event":"Product Viewed"},'.repeat(3).slice(0, -1)}]}'

  # what does an experience bring?
  curl -s ${url}/v1/experiences/cart-rescue/impact -H 'authorization: Bearer ${secretKey}'

Ctrl-C ends it and removes its data.
`)
}
