import type { Impact } from '../experiment/report.ts'
import { many, whole } from '../words.ts'

/** One thing that must hold for the answer to be believed, or that must not be hurt. */
export interface Check {
  readonly check:
    | 'sample-ratio'
    | 'two-arms'
    | 'tracking'
    | 'currencies'
    | 'window'
    | 'overlap'
    | 'fixed-at-launch'
    | 'guardrail'
  /** null: too little to tell. */
  readonly passed: boolean | null
  readonly says: string
  /** The guardrail's key. */
  readonly metric?: string
}

/** A guardrail's report; `missing` names currencies without a rate, where there is none. */
export interface Guarded {
  readonly key: string
  readonly report: Impact | null
  readonly missing?: string
}

export interface CheckInput {
  readonly goal: Impact
  readonly guardrails: readonly Guarded[]
  /** Something in the definition was changed after the launch. */
  readonly changes: readonly { readonly what: string }[]
  /** The experience decides now. */
  readonly running: boolean
  /** When the last exposure was; undefined where there is none. */
  readonly last?: number | undefined
  /** Until when it is told, now unless that is earlier. */
  readonly until: number
}

/** Among so many people somebody does it, if anything of it is tracked at all. */
const ENOUGH_TO_SEE_ONE = 100
const NOBODY_COUNTS = 'Nobody counts yet whose window is open'
const QUIET_MS = 3 * 86_400_000
const OPEN_WINDOWS = 0.5

/** All that is checked of a result, with what it says whether it passed or not. */
export function checksOf(input: CheckInput): Check[] {
  const { goal, guardrails, changes } = input
  return [
    sampleRatio(goal),
    twoArms(goal),
    tracking(input),
    ...(goal.metric.currency === undefined
      ? []
      : [{ check: 'currencies' as const, passed: true, says: `All amounts are in ${goal.metric.currency}.` }]),
    ...windows(goal),
    ...overlap(goal),
    {
      check: 'fixed-at-launch',
      passed: changes.length === 0,
      says:
        changes.length === 0
          ? 'Nothing it is judged by was changed since the launch.'
          : `Changed after the launch, and without effect until a new start: ${changes.map(({ what }) => what).join(', ')}.`,
    },
    ...guardrails.map(one => guardrail(one, labelOf(one, input))),
  ]
}

function sampleRatio({ sampleRatio: { verdict, p, reason }, open }: Impact): Check {
  if (verdict === 'unknown') {
    const why = reason === 'one-arm' && open === undefined ? 'there is one arm only' : 'too few people so far'
    return {
      check: 'sample-ratio',
      passed: null,
      says: `Whether the arms have the sizes they should cannot be said: ${why}.`,
    }
  }
  return verdict === 'ok'
    ? { check: 'sample-ratio', passed: true, says: 'The arms have the sizes they should.' }
    : {
        check: 'sample-ratio',
        passed: false,
        says: `The arms do not have the sizes they should (p ${p === null ? 'unknown' : `= ${p.toExponential(1)}`}): people were lost or kept unequally.`,
      }
}

function twoArms({ contaminated, crossover, redrawn, limited, open, control, variants }: Impact): Check {
  const people = variants.reduce((sum, arm) => sum + arm.people, control?.people ?? 0)
  if (people === 0 && open !== undefined) return { check: 'two-arms', passed: null, says: `${NOBODY_COUNTS}.` }
  if (people === 0) {
    return {
      check: 'two-arms',
      passed: null,
      says: `Nobody ${limited ? 'was seen within that time' : 'has been seen yet'}.`,
    }
  }
  const share = `${contaminated} of ${many(people, 'person', 'people')} ${contaminated === 1 ? 'was' : 'were'} seen in two or more arms`
  if (redrawn) return { check: 'two-arms', passed: true, says: `${share}: the policy draws anew each period.` }
  if (crossover?.verdict === 'uneven') {
    return { check: 'two-arms', passed: false, says: `${share}, at different rates from arm to arm.` }
  }
  return crossover?.verdict === 'diluted'
    ? { check: 'two-arms', passed: false, says: `${share}, which draws the lift towards 0.` }
    : { check: 'two-arms', passed: true, says: `${share}.` }
}

function tracking({ goal, running, last, until }: CheckInput): Check {
  const check = 'tracking'
  const arms = [goal.control, ...goal.variants].filter(arm => arm !== null)
  const people = arms.reduce((sum, arm) => sum + arm.people, 0)
  const did = arms.reduce((sum, arm) => sum + arm.conversions, 0)
  const isOpen = people === 0 && goal.open !== undefined
  if (people === 0 && goal.limited && !isOpen) return { check, passed: null, says: 'No exposure is of that time.' }
  if (people === 0 && !isOpen) return { check, passed: running ? false : null, says: 'No exposure has come in.' }
  if (running && last !== undefined && until - last > QUIET_MS) {
    return { check, passed: false, says: `No exposure has come in since ${new Date(last).toISOString().slice(0, 10)}.` }
  }
  if (isOpen) return { check, passed: null, says: `Exposures come in. ${NOBODY_COUNTS}.` }
  if (did > 0) return { check, passed: true, says: `Exposures and ${goal.metric.name} come in.` }
  return people < ENOUGH_TO_SEE_ONE
    ? { check, passed: null, says: `Nobody did what ${goal.metric.name} counts yet.` }
    : {
        check,
        passed: false,
        says: `Of ${whole(people)} people nobody did what ${goal.metric.name} counts: is it tracked?`,
      }
}

function windows({ matured, open, control, variants }: Impact): Check[] {
  if (matured === undefined) return []
  if (open !== undefined) {
    const counted = [control, ...variants].reduce((sum, arm) => sum + (arm?.people ?? 0), 0)
    const closed = Math.round((100 * counted) / (counted + open))
    const says = `The window of ${closed} % of the people has closed; the others do not count yet.`
    return [{ check: 'window', passed: true, says }]
  }
  const share = `The window of ${Math.round(100 * matured)} % of the people has closed.`
  return [{ check: 'window', passed: matured >= OPEN_WINDOWS, says: share }]
}

function overlap({ warnings }: Impact): Check[] {
  return warnings
    .filter(({ code }) => code === 'low-overlap' || code === 'strata-left-out')
    .map(({ message }) => ({ check: 'overlap', passed: false, says: message }))
}

/** What a guardrail is called; with its key where another is called the same, as metrics without a name of one event are. */
function labelOf({ key, report }: Guarded, { goal, guardrails }: CheckInput): string {
  const name = report?.metric.name ?? key
  const others = [goal, ...guardrails.filter(one => one.key !== key).map(one => one.report)]
  return others.some(other => other?.metric.name === name) ? `${name} (${key})` : name
}

function guardrail({ key, report, missing }: Guarded, name: string): Check {
  const about = { check: 'guardrail' as const, metric: key }
  if (report === null) {
    return { ...about, passed: null, says: `${key} cannot be added up: no rate for ${missing ?? 'a currency'}.` }
  }
  const shown = report.variants.filter(({ variant }) => variant !== '')
  const hurt = [report.personalized, ...shown].filter(arm => arm?.verdict.verdict === 'hurts')
  if (hurt.length > 0) {
    const whom = hurt.some(arm => arm?.variant === '') ? '' : ` by ${hurt.map(arm => arm?.variant).join(', ')}`
    return { ...about, passed: false, says: `${name} is hurt${whom}.` }
  }
  const seen = [report.control, ...report.variants].some(arm => (arm?.conversions ?? 0) > 0)
  return seen
    ? { ...about, passed: true, says: `${name} is not hurt as far as can be seen.` }
    : { ...about, passed: null, says: `Nothing was seen of ${name} yet.` }
}
