// node scripts/pictures.mjs: draws the pictures of docs/pictures anew, from seeds. Build first (npx tsc -b).
import { mkdirSync, writeFileSync } from 'node:fs'
import { BANDIT, CONTEXTUAL, playBestFixed, playPolicy, regretPicture } from '@espalier/simulator/regret'

const play = { seed: 'picture', days: 60, people: 1000 }
const equal = { kind: 'split' }
const curves = [
  { name: 'equal split', colour: '#6e7781', regret: playPolicy(play, equal) },
  { name: 'best fixed split', colour: '#bc4c00', regret: playBestFixed(play) },
  { name: 'bandit', colour: '#0969da', regret: playPolicy(play, BANDIT) },
  { name: 'contextual bandit', colour: '#1a7f37', regret: playPolicy(play, CONTEXTUAL) },
]
const caption = 'Conversions lost against always knowing best; 1,000 people a day, 4 variants.'
const folder = new URL('../docs/pictures/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(
  new URL('regret.svg', folder),
  regretPicture(curves, 'Regret: what learning costs, and what it saves', caption),
)
for (const { name, regret } of curves) {
  const perDay = ((regret.at(-1) - regret.at(-11)) / 10).toFixed(1)
  console.log(`${name}: ${Math.round(regret.at(-1))} lost in ${play.days} days, ${perDay} a day in the last ten`)
}
