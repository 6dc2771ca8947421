import type { JsonObject } from '@espalier/core'

/** What `explain` says of one touchpoint, as far as it is put into words here. */
export interface Explanation {
  readonly candidates: readonly { experience: string; priority: number; outcome: string; audience: Verdict | null }[]
  readonly holdout?: { readonly point: number; readonly below: number }
  readonly draw?: {
    readonly control: { readonly point: number; readonly below: number; readonly held: boolean }
    /** The point only where stated shares decide. */
    readonly variant: { readonly point?: number; readonly drawn: string | null }
  }
}

interface Verdict {
  readonly condition: string | JsonObject
  readonly value: boolean
  readonly parts?: readonly Verdict[]
  readonly actual?: unknown
}

/** One line for each experience considered, with its conditions; then the draws. */
export function inWords({ candidates, holdout, draw }: Explanation): string[] {
  const lines = candidates.map(({ experience, priority, outcome, audience }) => {
    const who = audience === null ? 'for everybody' : verdict(audience)
    return `${experience} (priority ${priority}): ${outcome === 'audience' ? 'not for them' : outcome}; ${who}`
  })
  if (holdout) lines.push(`holdout: their point ${holdout.point} is ${side(holdout)} ${holdout.below}`)
  if (draw) {
    lines.push(`control group: their point ${draw.control.point} is ${side(draw.control)} ${draw.control.below}`)
    const { point, drawn } = draw.variant
    if (drawn) lines.push(`variant: ${point === undefined ? 'they get' : `their point ${point} falls to`} ${drawn}`)
  }
  return lines
}

function side({ point, below }: { point: number; below: number }): string {
  return point < below ? 'below' : 'not below'
}

function verdict({ condition, value, parts, actual }: Verdict): string {
  const holds = value ? 'yes' : 'no'
  if (typeof condition === 'string') {
    return `${condition} (${(parts ?? []).map(verdict).join(', ')})`
  }
  return `${JSON.stringify(condition)} ${holds}, it is ${JSON.stringify(actual)}`
}
