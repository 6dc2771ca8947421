import type { Asked } from './asked.ts'

/** Of the rows `e` those of actions: of every track, page and screen. `ahead`: those timed ahead of the moment as well. */
export function actions(asked: Asked, { from, ahead = false }: { from?: number; ahead?: boolean }): string {
  const isAction = `type IN ('track', 'page', 'screen')`
  asked.need(
    [
      isAction,
      ...(ahead ? [] : [`timestamp <= ${asked.instant(asked.at)}`]),
      ...(from === undefined ? [] : [`timestamp >= ${asked.instant(from)}`]),
    ].join(' AND '),
  )
  const tests = [
    `e.${isAction}`,
    ...(ahead ? [] : [`e.at <= ${asked.whole(asked.at)}`]),
    ...(from === undefined ? [] : [`e.at >= ${asked.whole(from)}`]),
  ]
  return `(${tests.join(' AND ')})`
}
