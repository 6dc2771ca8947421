import type { Json } from '@espalier/core'
import { formatPercent, type Impact } from '@espalier/core/experiment'
import type { SummaryAnswer } from '@espalier/server'
import { EXPERIENCES, PLANTED, plantedLift, type Shop, type Shopped } from '@espalier/simulator'
import { palette } from '../output/colour.ts'
import { money } from '../output/number.ts'
import { count } from '../output/progressLine.ts'
import { table } from '../output/table.ts'
import { type Explanation, inWords } from './explanation.ts'
import type { Demo } from './run.ts'

const FUNNEL = ['Home', 'Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed']

export async function reportFunnel({ api, shell }: Demo): Promise<void> {
  const { events, revenue } = await api.get<SummaryAnswer>('/v1/summary', 'events')
  const countOf = (name: string) =>
    events.filter(event => event.name === name).reduce((sum, event) => sum + event.count, 0)
  const visits = countOf('Home')
  const rows = FUNNEL.map(name => [name, count(countOf(name)), ((100 * countOf(name)) / visits).toFixed(1)])
  shell.out(`\n${table(['event', 'times', 'in 100 visits'], rows, [1, 2])}`)
  for (const { name, currency, count: times, sum } of revenue) {
    if (name.startsWith('Order ')) shell.out(`${name}: ${count(times)}, ${money(sum, currency)}\n`)
  }
}

/** What the engine measured, beside what was planted for those very shoppers. */
export async function reportExperiences(
  { api, shell, world, heading }: Demo,
  shoppers: readonly Shopped[],
): Promise<void> {
  heading('What personalization brought')
  const shop: Shop = { catalog: world.catalog, effects: PLANTED, atCart: atCart() }
  const paint = palette(shell.colour)
  const rows: string[][] = []
  const sentences: string[] = []
  for (const [key, { goal, variants }] of Object.entries(EXPERIENCES)) {
    const impact = await api.get<Impact>(`/v1/experiences/${key}/impact`, 'variants')
    const viewers = shoppers.flatMap(one => one.viewers.get(key) ?? [])
    const arms = variants.map(variant => ({ variant: variant.key, weight: variant.weight }))
    const planted = plantedLift(viewers, { key, arms, kpi: goal }, shop)
    const measured = [
      ...(impact.personalized ? [{ ...impact.personalized, truth: planted.personalized }] : []),
      ...(impact.variants.length > 1
        ? impact.variants.map(one => ({ ...one, truth: planted.variants[one.variant] ?? Number.NaN }))
        : []),
    ]
    for (const { variant, people, lift, truth } of measured) {
      const covers = lift.interval !== null && lift.interval[0] <= truth && truth <= lift.interval[1]
      rows.push([
        variant === '' ? key : `  ${variant}`,
        goal,
        count(people),
        variant === '' ? count(impact.control?.people ?? 0) : '',
        lift.value === null ? (lift.reason ?? '') : formatPercent(lift.value),
        lift.interval === null ? '' : `${formatPercent(lift.interval[0])} to ${formatPercent(lift.interval[1])}`,
        formatPercent(truth),
        covers ? paint.green('yes') : paint.red('no'),
      ])
    }
    sentences.push(
      `${paint.bold(key)}: ${impact.sentence}\n`,
      ...impact.warnings.map(({ message }) => `  ! ${message}\n`),
    )
  }
  shell.out(
    table(
      ['experience', 'goal', 'saw it', 'control', 'measured lift', '95 % interval', 'planted', 'covered'],
      rows,
      [2, 3, 4, 5, 6],
    ),
  )
  shell.out(
    `\nOf 20 intervals, 19 are meant to cover the planted lift. Who was left out saw the default content, reported as seen too.\n\n${sentences.join('')}`,
  )
}

/** What somebody may get at the cart, for those who did not come there. */
function atCart(): Shop['atCart'] {
  const { control, variants } = EXPERIENCES['cart-rescue']!
  return [
    { probability: control, shown: undefined },
    ...variants.map(({ key, weight }) => ({
      probability: (1 - control) * weight,
      shown: { experience: 'cart-rescue', variant: key },
    })),
  ]
}

/** One person as the engine knows them, and why they get what they get. */
export async function reportShopper({ api, shell, heading }: Demo, shoppers: readonly Shopped[]): Promise<void> {
  const one =
    shoppers.find(({ consistent, viewers }) => consistent && viewers.has('cart-rescue') && viewers.has('sale-hero')) ??
    shoppers.find(({ person }) => person.account !== undefined)
  const userId = one?.person.account?.userId
  if (userId === undefined) return
  heading(`One of them: ${userId}`)
  const { profile, timeline } = await api.get<{
    profile: {
      identifiers: string[]
      events: number
      traits: Record<string, { value: unknown }>
      firstSeen: number
    }
    timeline: { name: string; timestamp: number }[]
  }>(`/v1/profiles/${encodeURIComponent(`userId:${userId}`)}`, 'profile')
  const traits = ['email', 'loyalty', 'newsletter'].map(name => `${name} ${String(profile.traits[name]?.value)}`)
  shell.out(`known as    ${profile.identifiers.join(', ')}
traits      ${traits.join(', ')}
since       ${new Date(profile.firstSeen).toISOString().slice(0, 16)}, ${count(profile.events)} events
latest      ${timeline
    .slice(0, 6)
    .map(event => event.name)
    .join(' < ')}
`)
  const touchpoints = ['home.hero', 'cart.offer']
  const { answers } = await api.post<{ answers: Record<string, Answer> }>(
    '/v1/decide',
    { userId, touchpoints, explain: true },
    'answers',
  )
  for (const touchpoint of touchpoints) {
    const { variant, reason, content, explanation, experience } = answers[touchpoint]!
    shell.out(`\n${touchpoint}: ${experience ?? 'no experience'}, ${variant ?? 'default content'} (${reason})\n`)
    shell.out(`  ${JSON.stringify(content)}\n`)
    if (explanation !== undefined) for (const line of inWords(explanation)) shell.out(`  - ${line}\n`)
  }
}

interface Answer {
  readonly experience?: string
  readonly variant?: string
  readonly reason: string
  readonly content: Json
  readonly explanation?: Explanation
}
