// npm run bench -- NAME [--full] [--rich]: runs one benchmark; the last line of its output is one JSON object.
import { readdirSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'

// Latency is measured here, so this process should stand still as little as the server does.
setFlagsFromString('--heap-growing-percent=200')
setFlagsFromString('--gc-memory-reducer-start-delay-ms=600000')
if (availableParallelism() <= 2) setFlagsFromString('--no-parallel-scavenge')

const names = readdirSync(new URL('.', import.meta.url))
  .filter(file => file.endsWith('.mjs') && file !== 'run.mjs')
  .map(file => file.slice(0, -4))

const [name, ...flags] = process.argv.slice(2)
/** `--rich` is of `decide` alone. */
const known = name === 'decide' ? ['--full', '--rich'] : ['--full']
if (name === undefined || !names.includes(name) || flags.some(flag => !known.includes(flag))) {
  console.error(`Usage: npm run bench -- NAME [--full], where NAME is one of ${names.join(', ')}; or decide --rich.`)
  process.exit(2)
}

const { bench } = await import(`./${name}.mjs`)
const began = performance.now()
const log = text => console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`)
const result = await bench({ full: flags.includes('--full'), rich: flags.includes('--rich'), log })
const machine = { cores: availableParallelism(), memoryGb: Math.round(totalmem() / 2 ** 30), node: process.version }
const rounded = JSON.stringify(
  // Of `report` it is how long a report takes, of the others how long the benchmark took.
  { bench: name, ...result, machine, seconds: name === 'report' ? result.seconds : (performance.now() - began) / 1000 },
  (_, value) => (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value),
)
console.log(rounded)
// Keep-alive connections to servers that are gone need not be waited for.
process.exit(0)
