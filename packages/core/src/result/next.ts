import type { Impact } from '../experiment/report.ts'
import type { TrafficAdvice } from '../experiment/traffic.ts'
import { LONGEST_WAIT_DAYS } from '../experiment/verdict.ts'
import { many } from '../words.ts'
import { bestVariant } from './answer.ts'
import type { Check } from './checks.ts'

/** What to do now. */
export interface Next {
  readonly do: 'start' | 'ship' | 'stop' | 'wait' | 'look'
  /** Of `wait`; null where it cannot be said how long. */
  readonly days?: number | null
  /** Of `look`: what at. */
  readonly at?: Check['check'] | 'control' | 'variant' | 'traffic' | 'time'
  /** Of `ship` and of a variant to look at. */
  readonly variant?: string
  readonly says: string
}

/** Without these an answer is worth nothing. */
const BLOCKING: readonly Check['check'][] = ['sample-ratio', 'currencies']

export interface NextInput {
  readonly report: Impact
  readonly checks: readonly Check[]
  readonly status: 'draft' | 'running' | 'paused' | 'ended'
  /** Of the goal, milliseconds; undefined where it has none. */
  readonly window?: number | undefined
  /** When somebody was first seen; undefined where nobody was. */
  readonly first?: number | undefined
  /** Until when it is told. */
  readonly until: number
  readonly traffic: TrafficAdvice | null
  /** The variants that may be named; any unless given. */
  readonly offered?: Offered | undefined
}

/** What can be done with the variants of an experience as it is now. */
export interface Offered {
  /** Those that are shown. */
  readonly variants: readonly string[]
  /** Its policy chooses for each person by itself, so that there is no one variant to be given to everybody. */
  readonly chooses: boolean
}

/** The one thing to do next: what makes the answer worthless first, then what the answer asks for. */
export function nextOf(input: NextInput): Next {
  const { report, checks, status, window, traffic, offered } = input
  const { control, personalized } = report
  if (status === 'draft') return { do: 'start', says: 'It has not been started: set its status to running.' }
  const broken = checks.find(({ check, passed }) => passed === false && BLOCKING.includes(check))
  if (broken !== undefined) return { do: 'look', at: broken.check, says: `Find the cause first. ${broken.says}` }
  if (personalized === null || personalized.people === 0) {
    if (report.open !== undefined) return untilClosed(input)
    if (report.limited) return { do: 'look', at: 'time', says: 'Ask for another time: nobody saw it within this one.' }
    const silent = checks.find(({ check, passed }) => check === 'tracking' && passed === false)
    return silent === undefined
      ? { do: 'wait', days: null, says: 'Wait until somebody has seen it.' }
      : { do: 'look', at: 'tracking', says: `${silent.says} Does its touchpoint report what was seen?` }
  }
  if (control === null || control.people === 0) {
    if (report.open !== undefined) return untilClosed(input)
    return { do: 'look', at: 'control', says: 'Give it a control group: without one nothing can be known.' }
  }
  const silent = checks.find(({ check, passed }) => check === 'tracking' && passed === false)
  if (silent !== undefined && personalized.verdict.verdict === 'too-early') {
    return { do: 'look', at: 'tracking', says: `Find the cause first. ${silent.says}` }
  }
  const { verdict } = personalized
  const best = bestVariant(report, offered?.variants)
  const several = report.variants.filter(({ variant }) => variant !== '').length > 1
  const hurt = checks.find(({ check, passed }) => check === 'guardrail' && passed === false)
  switch (verdict.verdict) {
    case 'works': {
      if (hurt !== undefined) {
        return {
          do: 'look',
          at: 'guardrail',
          says: `The goal gains, but at a price: ${hurt.says} Weigh one against the other before shipping.`,
        }
      }
      if (checks.some(({ check, passed }) => check === 'window' && passed === false)) {
        const days = window === undefined ? null : Math.ceil(window / DAY_MS)
        return { do: 'wait', days, says: 'It works so far; ship once most windows have closed.' }
      }
      if (!several || best === null || offered?.chooses)
        return { do: 'ship', says: 'Ship it: show it to everybody, and keep a small control group.' }
      return {
        do: 'ship',
        variant: best.variant,
        says: `Ship ${best.variant}: show it to everybody, and keep a small control group.`,
      }
    }
    case 'hurts':
      return several && best !== null
        ? {
            do: 'look',
            at: 'variant',
            variant: best.variant,
            says: `Stop the others: as a whole it hurts, but ${best.variant} works.`,
          }
        : { do: 'stop', says: 'Stop it.' }
    case 'no-worthwhile-difference':
      return several && best !== null
        ? {
            do: 'look',
            at: 'variant',
            variant: best.variant,
            says: `Stop the others: together they make no difference worth having, but ${best.variant} works.`,
          }
        : {
            do: 'stop',
            says: 'Stop it, unless it is kept for another reason: waiting longer will not show a gain worth having.',
          }
    default:
      return tooEarly(report, hurt, traffic)
  }
}

const DAY_MS = 86_400_000

/** Nobody counts yet: so long until the first window closes. */
function untilClosed({ first, window, until }: NextInput): Next {
  if (first === undefined || window === undefined)
    return { do: 'wait', days: null, says: 'Wait until windows have closed.' }
  const days = Math.max(1, Math.ceil((first + window - until) / DAY_MS))
  return { do: 'wait', days, says: `Wait about ${many(days, 'more day')}: then the first windows have closed.` }
}

function tooEarly({ personalized, variants }: Impact, hurt: Check | undefined, traffic: TrafficAdvice | null): Next {
  const { moreDays, morePeople, because } = personalized!.verdict
  if (hurt !== undefined) return { do: 'stop', says: `Stop it: nothing is gained yet, and ${hurt.says}` }
  const shown = variants.filter(({ variant }) => variant !== '')
  const harmful = shown.find(({ verdict }) => verdict.verdict === 'hurts')
  if (harmful !== undefined && shown.length > 1) {
    return { do: 'look', at: 'variant', variant: harmful.variant, says: `Take ${harmful.variant} out: it hurts.` }
  }
  if (because === 'unweighted') {
    const says = 'Ask for the time since the chances changed last (from): waiting does not make up for who came when.'
    return { do: 'look', at: 'time', says }
  }
  if (moreDays !== null) return { do: 'wait', days: moreDays, says: `Wait about ${many(moreDays, 'more day')}.` }
  if (morePeople !== null) {
    const instead = traffic?.instead[0]?.message ?? 'Test something bolder, or on a goal that more people reach.'
    return {
      do: 'look',
      at: 'traffic',
      says: `With so few people a day it takes more than ${Math.floor(LONGEST_WAIT_DAYS / 365)} years. ${instead}`,
    }
  }
  return { do: 'wait', days: null, says: 'Wait: how long cannot be said from so little.' }
}
