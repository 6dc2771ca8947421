import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Pool } from 'undici'

/** Keep-alive connections to one server. */
export function connect(url, key, connections) {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  return {
    connections,
    /** Answers the text; throws on any status but 2xx. */
    async post(path, body) {
      const answer = await pool.request({ method: 'POST', path, headers, body })
      const text = await answer.body.text()
      if (answer.statusCode >= 300) throw new Error(`${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`)
      return text
    },
    async get(path) {
      const answer = await pool.request({ method: 'GET', path, headers })
      return JSON.parse(await answer.body.text())
    },
    close: () => pool.destroy(),
  }
}

setFlagsFromString('--expose-gc')
/** Collects this process's own garbage, all of it. */
const collect = runInNewContext('gc')

/** As fast as the server answers: every connection has one request under way, until `seconds` are over or `send` is done. */
export async function closedLoop({ connections, seconds, send }) {
  const latencies = new Numbers()
  const began = performance.now()
  const until = began + seconds * 1000
  let done = 0
  const worker = async () => {
    for (;;) {
      const start = performance.now()
      if (start >= until) return
      const units = await send()
      if (units === 0) return
      latencies.push(performance.now() - start)
      done += units
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return summary(latencies.all(), done, (performance.now() - began) / 1000)
}

/**
 * At a fixed rate whatever the server does: a request is late from the moment it was due, so that a stall is counted for
 * all who would have come during it. With a `machine` that is watched (machine.mjs) also the same of those alone that others did not
 * disturb: `quiet`, with their share of all. The first second is not counted: this process still compiles and collects then.
 */
export async function openLoop({ rate, seconds, send, machine }) {
  // What was measured before has left much behind, and to collect it would be counted as the server's doing.
  collect()
  await paced(rate, LEAD_SECONDS, send)
  const { began, answered, done } = await paced(rate, seconds, send)
  const total = answered.length
  const scheduled = i => began + (i / rate) * 1000
  const latencies = answered.map((at, i) => at - scheduled(i))
  const all = summary(latencies, done, (performance.now() - began) / 1000)
  if (machine === undefined) return all
  // Until the last slice is over.
  await new Promise(resolve => setTimeout(resolve, 500))
  machine.stop()
  const quiet = latencies.filter((_, i) => machine.wasQuiet(scheduled(i), answered[i]))
  return {
    ...all,
    quiet: { ...summary(quiet, quiet.length, all.seconds), share: quiet.length / total },
    others: machine.others(),
    stolen: machine.stolen(),
  }
}

const LEAD_SECONDS = 1

/** Sends what is due, each millisecond, until everything is answered. */
async function paced(rate, seconds, send) {
  const total = Math.floor(rate * seconds)
  const answered = new Float64Array(total)
  let done = 0
  let left = total
  let finish
  const finished = new Promise((resolve, reject) => {
    finish = { resolve, reject }
  })
  const ask = i =>
    send().then(units => {
      done += units
      answered[i] = performance.now()
      if (--left === 0) finish.resolve()
    }, finish.reject)
  const began = performance.now()
  for (let i = 0; i < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate) + 1)
    for (; i < due; i++) ask(i)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  await finished
  return { began, answered, done }
}

/** Numbers that no collection of this process's memory has to look at: its pauses would be counted as the server's. */
class Numbers {
  #values = new Float64Array(1 << 16)
  #length = 0

  push(value) {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length++] = value
  }

  all() {
    return this.#values.slice(0, this.#length)
  }
}

function summary(latencies, n, seconds) {
  const sorted = latencies.slice().sort()
  const at = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { n, seconds, rate: n / seconds, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}
