import { type Problem, problem } from '../problem/problem.ts'
import { ANY_EVENT, type Metric } from './metric.ts'

type Optional =
  | 'property'
  | 'currency'
  | 'refund'
  | 'level'
  | 'per'
  | 'absent'
  | 'winsorize'
  | 'covariate'
  | 'delay'
  | 'bands'
  | 'others'
  | 'where'

/** What means nothing to a metric of the type, and what it would then be. */
const MEANINGLESS: Record<
  Metric['type'],
  { readonly names: readonly Optional[]; readonly why: string; readonly mend: string }
> = {
  conversion: {
    names: ['property', 'currency', 'refund', 'level', 'winsorize', 'bands', 'others'],
    why: 'a conversion counts people and has no',
    mend: 'remove it, or make the type sum or mean',
  },
  count: {
    names: ['property', 'currency', 'refund', 'level', 'absent', 'bands'],
    why: 'a count has no',
    mend: 'remove it, or make the type sum or mean',
  },
  sum: { names: ['level', 'absent', 'others'], why: 'a sum has no', mend: 'remove it' },
  mean: {
    names: ['level', 'absent', 'per', 'others'],
    why: 'a mean is over events and has no',
    mend: 'remove it, or make the type sum',
  },
  quantile: {
    names: ['refund', 'absent', 'per', 'winsorize', 'covariate', 'others'],
    why: 'a quantile is of single values and has no',
    mend: 'remove it',
  },
  time: {
    names: ['property', 'currency', 'refund', 'level', 'absent', 'bands', 'others', 'where'],
    why: 'time is that of whole sessions and has no',
    mend: 'remove it',
  },
}

/** What is wrong with a metric beyond its schema: each type has the properties that mean something to it. */
export function metricProblems(metric: Metric): Problem[] {
  const { type, event, property, currency, refund, bands, others, level, absent, window, per } = metric
  const { names, why, mend } = MEANINGLESS[type]
  const problems = names.flatMap(name => (metric[name] === undefined ? [] : [problem([name], `${why} ${name}`, mend)]))
  if (['sum', 'mean', 'quantile'].includes(type) && property === undefined) {
    const mend = 'name the property to add up, such as total; or make the type conversion'
    problems.push(problem(['property'], `a ${type} needs a property`, mend))
  }
  if (type === 'quantile' && level === undefined) {
    problems.push(problem(['level'], 'a quantile needs a level', 'name it, such as 0.9'))
  }
  if (absent && window === undefined) {
    const mend = 'add a window, such as 30d'
    problems.push(problem(['window'], 'nobody can be said not to have done it without an end', mend))
  }
  if (absent && per !== undefined && per !== 'person') {
    problems.push(problem(['per'], 'who did not do it is counted by person', 'remove it'))
  }
  if (event === ANY_EVENT && property !== undefined) {
    problems.push(problem(['event'], 'any event has no property of its own', 'name the event whose property it is'))
  }
  if (type === 'time' && event !== ANY_EVENT) {
    problems.push(problem(['event'], 'a session lasts over all its events', `make it ${ANY_EVENT}`))
  }
  if (type === 'time' && per !== undefined && per !== 'person' && per !== 'session') {
    problems.push(problem(['per'], 'time is per person or per session', 'make it session, or remove it'))
  }
  if (bands !== undefined && (currency !== undefined || refund !== undefined)) {
    problems.push(problem(['bands'], 'points are no money', 'remove currency and refund, or the bands'))
  }
  for (const [i, { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }] of (bands ?? []).entries()) {
    if (from > to) problems.push(problem(['bands', i, 'to'], `from ${from} to ${to} is nothing`, 'let it end above'))
  }
  for (const [i, other] of (others ?? []).entries()) {
    if (other.event !== event && other.event !== ANY_EVENT) continue
    const mend = 'name another event; the metric’s own counts 1'
    problems.push(problem(['others', i, 'event'], `"${other.event}" counts already`, mend))
  }
  return problems
}
