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

/** As fast as the server answers: every connection has one request under way, until `seconds` are over or `send` is done. */
export async function closedLoop({ connections, seconds, send }) {
  const latencies = []
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
  return summary(latencies, done, (performance.now() - began) / 1000)
}

/**
 * At a fixed rate whatever the server does: a request is late from the moment it was due, so that a stall is counted for
 * all who would have come during it. With a `machine` that is watched (machine.mjs) also the same of those alone that others did not
 * disturb: `quiet`, with their share of all.
 */
export async function openLoop({ rate, seconds, send, machine }) {
  const latencies = []
  const spans = []
  const began = performance.now()
  const total = Math.floor(rate * seconds)
  const under = new Set()
  let done = 0
  for (let i = 0; i < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate) + 1)
    for (; i < due; i++) {
      const scheduled = began + (i / rate) * 1000
      const work = send().then(units => {
        done += units
        const answered = performance.now()
        latencies.push(answered - scheduled)
        if (machine !== undefined) spans.push([scheduled, answered])
        under.delete(work)
      })
      under.add(work)
    }
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  await Promise.all(under)
  const all = summary(latencies, done, (performance.now() - began) / 1000)
  if (machine === undefined) return all
  // Until the last slice is over.
  await new Promise(resolve => setTimeout(resolve, 500))
  machine.stop()
  const quiet = spans.filter(([from, to]) => machine.wasQuiet(from, to)).map(([from, to]) => to - from)
  return {
    ...all,
    quiet: { ...summary(quiet, quiet.length, all.seconds), share: quiet.length / spans.length },
    others: machine.others(),
    stolen: machine.stolen(),
  }
}

function summary(latencies, n, seconds) {
  const sorted = Float64Array.from(latencies).sort()
  const at = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { n, seconds, rate: n / seconds, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}
