import type { Definition, PublishedSet } from '@espalier/core/definition'
import { durationMs } from '@espalier/core/time'
import { guardrailsIn } from '../report/experience.ts'

type Named = Pick<Definition<'metric'>, 'key' | 'body'>

/** A metric of the workspace, or a ready-made guardrail, by its key. */
export function metricNamed({ definitions }: PublishedSet, key: string): Named | undefined {
  const own = definitions.find((one): one is Definition<'metric'> => one.kind === 'metric' && one.key === key)
  return own ?? guardrailsIn(definitions, undefined).find(one => one.key === key)
}

/** How long after an exposure a metric's window closes, milliseconds; 0 where there is no such metric, or its window never closes. */
export function windowsOf(set: PublishedSet): (metric: string) => number {
  const length = (text: string | undefined) => (text === undefined ? 0 : durationMs(text))
  return key => {
    const { window, delay } = metricNamed(set, key)?.body ?? {}
    return window === undefined ? 0 : length(window) + length(delay)
  }
}
