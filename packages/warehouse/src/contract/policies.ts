import type { Metric } from '@espalier/core/definition'
import { type ArmSums, type Learner, startFold, type TrainingRow } from '@espalier/core/policy'
import { random } from '@espalier/core/random'
import type { DecisionRow, EventRow, ExposureRow } from '@espalier/core/stream'
import { durationMs } from '@espalier/core/time'
import { startWhatIf, whatIf } from '@espalier/core/whatif'
import { expect, it } from 'vitest'
import type { CreditQuestion } from '../queries/credited.ts'
import type { PolicyRow } from '../queries/policyRows.ts'
import type { Warehouse } from '../warehouse.ts'
import { collect, DAY, event, exposure, fresh, HOUR, link, NOON, ship } from './harness.ts'

const MIDNIGHT = NOON - 12 * HOUR
const bought: Metric = { type: 'conversion', event: 'Bought', window: '2d' }
const spent: Metric = { type: 'sum', event: 'Bought', property: 'total', window: '2d' }

interface Log {
  readonly exposures: readonly ExposureRow[]
  readonly events: readonly EventRow[]
}

/** What each person's last exposed decision of a period brought, gone through one by one: to compare the SQL with. */
function bruteForce(
  { metric, reward, period, controls, from, to, now, importedEach }: CreditQuestion,
  log: Log,
): PolicyRow[] {
  const rows: PolicyRow[] = []
  const window = durationMs(metric.window!)
  const inRange = ({ timestamp, holdout }: ExposureRow) =>
    !holdout && timestamp >= (from ?? -Infinity) && timestamp <= now
  for (const person of [...new Set(log.exposures.map(({ profile }) => profile))].sort()) {
    const seen = log.exposures
      .filter(row => row.profile === person && inRange(row))
      .sort((a, b) => a.timestamp - b.timestamp)
    const periodOf = ({ timestamp, version }: ExposureRow) =>
      importedEach && version === 0 ? timestamp : Math.floor(timestamp / period)
    // What was seen later is no row, and takes what came after it all the same.
    const asked = seen.filter(({ timestamp }) => timestamp < (to ?? Infinity))
    for (const number of new Set(asked.map(periodOf))) {
      const last = asked.findLast(row => periodOf(row) === number)!
      if (last.control) continue
      const credited = log.events.filter(one => {
        if (one.profile !== person || one.name !== metric.event || one.timestamp > now) return false
        const before = seen.findLast(row => row.timestamp <= one.timestamp)
        if (
          before === undefined ||
          !asked.includes(before) ||
          periodOf(before) !== number ||
          before.variant !== last.variant
        )
          return false
        return !before.control && one.timestamp < before.timestamp + window
      })
      const total = credited.reduce((sum, one) => sum + Number(one.properties.total), 0)
      const share = controls.find(({ version }) => version === last.version)?.share ?? 0
      rows.push({
        person,
        variant: last.variant,
        propensity: Math.min(1, last.propensity / (1 - share)),
        stated: true,
        reward: reward === 'value' ? total : credited.length > 0 ? 1 : 0,
        at: last.timestamp,
        closesAt: last.timestamp + window,
        known: false,
        definitions: 0,
        context: {},
        inputs: {},
        lost: 0,
      })
    }
  }
  return rows
}

function randomLog(seed: string, workspace: string): Log {
  const rng = random(seed)
  // Whole seconds, so that no two exposures of a person share a millisecond: which of those counts is not stated.
  const when = () => MIDNIGHT + Math.floor(rng.uniform() * 6 * 86_400) * 1000
  const exposures = Array.from({ length: 300 }, (_, i) => {
    const control = rng.chance(0.1)
    const variant = control ? '' : rng.pick(['a', 'a', 'b', 'c', ''])
    const propensity = control ? 0.1 : rng.pick([0.09, 0.45, 0.9])
    const version = rng.pick([0, 1, 2])
    return exposure({
      workspace,
      profile: `p${rng.integer(60)}`,
      timestamp: when() + i,
      variant,
      control,
      propensity,
      version,
      holdout: rng.chance(0.05),
      request_id: `request-${i}`,
    })
  })
  const events = Array.from({ length: 400 }, () =>
    event({
      workspace,
      profile: `p${rng.integer(60)}`,
      name: rng.chance(0.8) ? 'Bought' : 'Looked',
      timestamp: when(),
      properties: { total: rng.integer(100) },
    }),
  )
  return { exposures, events }
}

const asTraining = (row: PolicyRow): TrainingRow => ({ ...row, decidedAt: row.at })

function expectSums(actual: readonly ArmSums[], expected: readonly ArmSums[]): void {
  const seen = expected.filter(arm => arm.people > 0)
  expect(actual.filter(arm => arm.people > 0).map(({ variant }) => variant)).toEqual(seen.map(({ variant }) => variant))
  for (const arm of seen) {
    const other = actual.find(({ variant }) => variant === arm.variant)!
    for (const key of ['people', 'weight', 'reward', 'rewardSquares', 'weightSquares', 'maturedSquares'] as const) {
      expect(other[key], `${key} of ${arm.variant}`).toBeCloseTo(arm[key], 6)
    }
  }
}

export function policiesContract(warehouse: () => Warehouse): void {
  async function log(seed: string) {
    const workspace = fresh('policies')
    const made = randomLog(seed, workspace)
    await ship(warehouse(), 'exposures', made.exposures)
    await ship(warehouse(), 'events', made.events)
    const question: CreditQuestion = {
      workspace,
      experience: 'spring',
      metric: bought,
      reward: 'conversion',
      period: DAY,
      controls: [{ version: 1, share: 0.1 }],
      now: MIDNIGHT + 5 * DAY,
    }
    return { question, made }
  }

  it('takes amounts that name no currency for the workspace’s own, and counts them as lost where that is not told', async () => {
    const { question, made } = await log('currency')
    const asked = { ...question, metric: { ...spent, currency: 'EUR' }, reward: 'value' as const }
    const rewards = async (currency?: string) => {
      const rows = (await collect(warehouse().policyRows({ ...asked, ...(currency && { currency }) }))).flat()
      const sum = (read: (row: PolicyRow) => number) => rows.reduce((total, row) => total + read(row), 0)
      return { total: sum(row => row.reward), lost: sum(row => row.lost) }
    }
    const total = bruteForce({ ...asked, metric: spent }, made).reduce((sum, row) => sum + row.reward, 0)
    expect(total).toBeGreaterThan(0)
    expect(await rewards('EUR')).toEqual({ total, lost: 0 })
    const { lost } = await rewards()
    expect(lost).toBeGreaterThan(0)
  })

  it('credits as going through everything one by one does, in rows of people', async () => {
    const { question, made } = await log('rows')
    const part = { from: MIDNIGHT + 30 * HOUR, to: MIDNIGHT + 80 * HOUR }
    const each = { importedEach: true }
    for (const [metric, span] of [
      [bought],
      [spent],
      [bought, part],
      [spent, part],
      [bought, each],
      [spent, each],
    ] as const) {
      const asked = {
        ...question,
        ...span,
        metric,
        reward: metric === spent ? ('value' as const) : ('conversion' as const),
      }
      const rows = (await collect(warehouse().policyRows(asked))).flat()
      const order = (a: PolicyRow, b: PolicyRow) => (a.person < b.person ? -1 : a.person > b.person ? 1 : a.at - b.at)
      const expected = bruteForce(asked, made).sort(order)
      expect(rows.map(row => ({ ...row, propensity: row.propensity.toFixed(9) })).sort(order as never)).toEqual(
        expected.map(row => ({ ...row, propensity: row.propensity.toFixed(9) })),
      )
      expect(rows.filter(({ reward }) => reward > 0).length).toBeGreaterThan(10)
    }
  })

  it.each<[string, Partial<Learner>]>([
    ['plain', {}],
    ['fading', { halfLife: 1.5 }],
    ['balanced', { balance: 1.2 }],
    ['with an exponential delay', { delay: { kind: 'exponential', mean: 9 * HOUR }, halfLife: 3 }],
    ['with a table of delays', { delay: { kind: 'table', at: [HOUR, 20 * HOUR, 40 * HOUR], share: [0.2, 0.5, 1] } }],
  ])('sums for training are those of core/policy: %s', async (_, more) => {
    const { question, made } = await log('sums')
    const learner: Learner = { kind: 'beta', variants: ['a', 'b'], period: DAY, ...more }
    const fold = startFold(learner, { after: -Infinity, until: question.now })
    const rows = bruteForce(question, made)
    for (const row of rows) fold.add(asTraining(row))
    const sums = await warehouse().policyTraining({ ...question, learner })
    expectSums(sums.closed, fold.closed().arms)
    expectSums(sums.open, fold.open().arms)
    expect(sums.rows).toBe(rows.length)
    expect(sums.refused).toBe(rows.filter(({ variant }) => variant !== 'a' && variant !== 'b').length)
    if (learner.delay === undefined) {
      const open = rows.filter(({ closesAt }) => closesAt > question.now)
      expect(sums.waiting).toBe(open.filter(({ variant }) => learner.variants.includes(variant)).length)
      expect(sums.waiting).toBeGreaterThan(5)
    }
  })

  it('sums for a what-if are those of core/whatif', async () => {
    const { question, made } = await log('whatif')
    const variants = ['a', 'b', '']
    const chances = [0.2, 0.8, 0]
    const fold = startWhatIf({ variants })
    for (const row of bruteForce(question, made)) {
      if (row.closesAt > question.now) continue
      fold.add({ ...row, arm: variants.indexOf(row.variant), target: chances })
    }
    const expected = fold.sums()
    const sums = await warehouse().whatIfSums({ ...question, variants, chances })
    expect(sums.people).toBe(expected.people)
    for (const key of ['n', 'r', 'w', 'wr'] as const) expect(sums.sums[key]).toBeCloseTo(expected.sums[key], 6)
    // Products of the first four components come first: their triangle has ten.
    for (let i = 0; i < 10; i++) expect(sums.products[i]).toBeCloseTo(expected.products[i]!, 6)
    for (const key of ['squaredWeights', 'maxWeight', 'maxPersonWeight', 'minReward', 'maxReward'] as const) {
      expect(sums[key]).toBeCloseTo(expected[key], 9)
    }
    expect(sums.arms.map(arm => [arm.variant, arm.shown, arm.reward])).toEqual(
      expected.arms.map(arm => [arm.variant, arm.shown, arm.reward]),
    )
    expect(sums.unusable).toEqual(expected.unusable)
    expect(JSON.stringify(whatIf(sums))).not.toMatch(/NaN|Infinity/)
  })

  it('the default content is that of the control group, and in a version without one that of those for whom nothing was chosen', async () => {
    const workspace = fresh('policies')
    // Version, control, variant, chance, what it brought; of the second version nobody is left out.
    const seen = [
      [1, true, '', 0.2, 5],
      [1, true, '', 0.2, 3],
      [1, false, '', 0.4, 100],
      [1, false, 'a', 0.4, 7],
      [2, false, '', 0.5, 2],
      [2, false, 'a', 0.5, 9],
    ] as const
    await ship(
      warehouse(),
      'exposures',
      seen.map(([version, control, variant, propensity], i) =>
        exposure({ workspace, profile: `p${i}`, version, control, variant, propensity }),
      ),
    )
    await ship(
      warehouse(),
      'events',
      seen.map(([, , , , total], i) =>
        event({ workspace, profile: `p${i}`, name: 'Bought', timestamp: NOON + HOUR, properties: { total } }),
      ),
    )
    const { sums, arms } = await warehouse().whatIfSums({
      workspace,
      experience: 'spring',
      metric: spent,
      reward: 'value',
      period: DAY,
      controls: [
        { version: 1, share: 0.2 },
        { version: 2, share: 0 },
      ],
      now: NOON + 9 * DAY,
      withControl: 'all',
      byControl: true,
      variants: ['a', ''],
      chances: [0, 1],
    })
    expect(sums.n).toBe(6)
    expect(sums.w).toBeCloseTo(2 / 0.2 + 1 / 0.5, 9)
    expect(sums.wr).toBeCloseTo((5 + 3) / 0.2 + 2 / 0.5, 9)
    expect(arms.map(({ variant, shown }) => [variant, shown])).toEqual([
      ['a', 2],
      ['', 4],
    ])
  })

  it('what happened before an exposure, after the window or in the future is nobody’s', async () => {
    const workspace = fresh('policies')
    await ship(warehouse(), 'exposures', [
      exposure({ workspace, profile: 'ada', variant: 'a', propensity: 0.5 }),
      exposure({ workspace, profile: 'ada', variant: 'a', propensity: 0.5, timestamp: NOON + 9 * DAY }),
      exposure({ workspace, profile: 'bob', variant: 'b', propensity: 0.5 }),
    ])
    const at = (profile: string, timestamp: number) => event({ workspace, profile, name: 'Bought', timestamp })
    await ship(warehouse(), 'events', [at('ada', NOON - 1), at('bob', NOON + 2 * DAY), at('bob', NOON + 4 * DAY)])
    const now = NOON + 3 * DAY
    const question = {
      workspace,
      experience: 'spring',
      metric: bought,
      reward: 'conversion' as const,
      period: DAY,
      controls: [],
      now,
    }
    const learner = { variants: ['a', 'b', 'c'], period: DAY }
    const sums = await warehouse().policyTraining({ ...question, learner })
    expect(sums).toMatchObject({ rows: 2, waiting: 0, refused: 0, lost: 0 })
    expect(sums.closed.map(({ variant, people, reward }) => [variant, people, reward])).toEqual([
      ['a', 1, 0],
      ['b', 1, 0],
    ])
    // An experience that nobody saw, and a goal that never happens.
    const nobody = await warehouse().policyTraining({ ...question, experience: 'nowhere', learner })
    expect(nobody).toEqual({ closed: [], open: [], rows: 0, waiting: 0, refused: 0, lost: 0, first: null, last: null })
    const sums2 = await warehouse().whatIfSums({ ...question, experience: 'nowhere', variants: ['a'], chances: [1] })
    expect(sums2.people).toBe(0)
    expect(whatIf(sums2).verdict).toBe('refused')
  })

  it('people who became one are one; their decisions are found with what they looked at', async () => {
    const workspace = fresh('policies')
    const decision = (request_id: string): DecisionRow => ({
      workspace,
      profile: 'phone',
      timestamp: NOON,
      request_id,
      bucket_key: 'k',
      definitions: 7,
      context: { page: { path: '/' } },
      inputs: { traits: { age: 30 }, signals: {}, context: {}, facts: {} },
      'answers.touchpoint': ['home.hero'],
      'answers.experience': ['spring'],
      'answers.version': [1],
      'answers.variant': ['a'],
      'answers.reason': ['assigned'],
      'answers.propensity': [0.5],
      'answers.control': [false],
      'answers.holdout': [false],
      'answers.model': ['4'],
    })
    await ship(warehouse(), 'decisions', [decision('one')])
    await ship(warehouse(), 'exposures', [
      exposure({ workspace, profile: 'phone', variant: 'a', request_id: 'one' }),
      exposure({ workspace, profile: 'laptop', variant: 'a', request_id: 'elsewhere', timestamp: NOON + DAY }),
    ])
    await ship(warehouse(), 'events', [event({ workspace, profile: 'laptop', name: 'Bought', timestamp: NOON + HOUR })])
    await ship(warehouse(), 'identity_links', [link({ workspace, source: 'laptop', canonical: 'phone', at: NOON })])
    const question = {
      workspace,
      experience: 'spring',
      metric: bought,
      reward: 'conversion' as const,
      period: DAY,
      controls: [],
      now: NOON + 9 * DAY,
    }
    const rows = (await collect(warehouse().policyRows(question))).flat()
    expect(rows).toMatchObject([
      {
        person: 'phone',
        reward: 1,
        known: true,
        definitions: 7,
        inputs: { traits: { age: 30 } },
        context: { page: { path: '/' } },
      },
      { person: 'phone', reward: 0, known: false, definitions: 0, inputs: {} },
    ])
    expect(await warehouse().rewardDelays(question)).toEqual([HOUR])
  })
}
