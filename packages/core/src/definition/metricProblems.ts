import { type Problem, problem } from '../problem/problem.ts'
import type { Metric } from './metric.ts'

type Optional = 'property' | 'currency' | 'refund' | 'level' | 'per' | 'absent' | 'winsorize' | 'covariate' | 'delay'

/** What means nothing to a metric of the type, and what it would then be. */
const MEANINGLESS: Record<
  Metric['type'],
  { readonly names: readonly Optional[]; readonly why: string; readonly mend: string }
> = {
  conversion: {
    names: ['property', 'currency', 'refund', 'level', 'winsorize'],
    why: 'a conversion counts people and has no',
    mend: 'remove it, or make the type sum or mean',
  },
  count: {
    names: ['property', 'currency', 'refund', 'level', 'absent'],
    why: 'a count has no',
    mend: 'remove it, or make the type sum or mean',
  },
  sum: { names: ['level', 'absent'], why: 'a sum has no', mend: 'remove it' },
  mean: {
    names: ['level', 'absent', 'per'],
    why: 'a mean is over events and has no',
    mend: 'remove it, or make the type sum',
  },
  quantile: {
    names: ['refund', 'absent', 'per', 'winsorize', 'covariate'],
    why: 'a quantile is of single values and has no',
    mend: 'remove it',
  },
}

/** What is wrong with a metric beyond its schema: each type has the properties that mean something to it. */
export function metricProblems(metric: Metric): Problem[] {
  const { type, property, level, absent, window, per } = metric
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
  return problems
}
