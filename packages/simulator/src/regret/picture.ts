import type { Regret } from './play.ts'

export interface Curve {
  readonly name: string
  readonly colour: string
  readonly regret: Regret
}

const [WIDTH, HEIGHT] = [760, 420]
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 190, 56, 52]

/** Curves of cumulative regret as an SVG that stands alone. */
export function regretPicture(curves: readonly Curve[], title: string, caption: string): string {
  const days = Math.max(...curves.map(({ regret }) => regret.length))
  const step = niceStep(Math.max(...curves.flatMap(({ regret }) => regret)) / 5)
  const most = step * Math.ceil(Math.max(...curves.flatMap(({ regret }) => regret)) / step)
  const x = (day: number) => round(LEFT + ((WIDTH - LEFT - RIGHT) * day) / days)
  const y = (lost: number) => round(HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * lost) / most)
  const rows = Array.from({ length: Math.round(most / step) + 1 }, (_, i) => i * step)
  const dayStep = niceStep(days / 6)
  const columns = Array.from({ length: Math.floor(days / dayStep) + 1 }, (_, i) => i * dayStep)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="t d" font-family="system-ui, sans-serif" font-size="13">
<title id="t">${title}</title>
<desc id="d">${caption} At the end: ${curves.map(({ name, regret }) => `${name} ${Math.round(regret.at(-1)!)}`).join(', ')}.</desc>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
<text x="${LEFT}" y="24" font-size="16" font-weight="600" fill="#1b1f24">${title}</text>
<text x="${LEFT}" y="42" fill="#57606a">${caption}</text>
${rows.map(lost => `<path d="M${LEFT} ${y(lost)}H${WIDTH - RIGHT}" stroke="#d8dee4"/><text x="${LEFT - 8}" y="${y(lost) + 4}" text-anchor="end" fill="#57606a">${lost}</text>`).join('\n')}
${columns.map(day => `<text x="${x(day)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle" fill="#57606a">${day}</text>`).join('\n')}
<text x="${x(days / 2)}" y="${HEIGHT - 10}" text-anchor="middle" fill="#1b1f24">days</text>
${curves.map(({ colour, regret }) => `<path d="M${x(0)} ${y(0)}${regret.map((lost, day) => `L${x(day + 1)} ${y(lost)}`).join('')}" fill="none" stroke="${colour}" stroke-width="2.5"/>`).join('\n')}
${labels(curves, y)
  .map(
    ({ curve, at }) =>
      `<text x="${WIDTH - RIGHT + 8}" y="${at}" fill="${curve.colour}" font-weight="600">${curve.name}</text>`,
  )
  .join('\n')}
</svg>
`
}

/** Names at the curves' ends, moved apart where they would lie on each other. */
function labels(curves: readonly Curve[], y: (lost: number) => number): { curve: Curve; at: number }[] {
  const LINE = 17
  let last = Number.NEGATIVE_INFINITY
  return curves
    .map(curve => ({ curve, at: y(curve.regret.at(-1)!) + 4 }))
    .sort((a, b) => a.at - b.at)
    .map(label => {
      last = Math.max(label.at, last + LINE)
      return { ...label, at: round(last) }
    })
}

/** 1, 2 or 5 times a power of ten, not less than asked. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return power * [1, 2, 5, 10].find(n => n * power >= least)!
}

function round(n: number): number {
  return Math.round(n * 10) / 10
}
