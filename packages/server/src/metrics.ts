import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What operators watch, as Prometheus reads it at /metrics. Each server has its own registry. */
export class Metrics {
  readonly registry = new Registry()
  readonly events = this.#counter('espalier_events_total', 'Items taken in, by outcome', ['outcome'])
  readonly rejected = this.#counter('espalier_events_rejected_total', 'Items refused, by error code', ['code'])
  readonly heldBack = this.#counter(
    'espalier_held_back_total',
    'Events of people who would be new, from networks that bring more than people make',
    [],
  )
  readonly requests = this.#counter('espalier_refused_requests_total', 'Requests answered with an error, by code', [
    'code',
  ])
  readonly commits = this.#histogram('espalier_commit_seconds', 'From the start of a commit to its being durable')
  readonly commitItems = new Histogram({
    name: 'espalier_commit_items',
    help: 'Entries in one commit',
    buckets: [1, 10, 50, 100, 250, 500, 1000, 2000],
    registers: [this.registry],
  })
  readonly acknowledge = this.#histogram('espalier_acknowledge_seconds', 'From entering the queue to being durable')
  readonly decide = new Durations('espalier_decide_seconds', 'One decide request, its events included', this.registry)
  readonly #decided = new Map<string, number>()
  /** The last reason, and how often it came one after the other: most do. */
  #lastReason = ''
  #inARow = 0
  readonly decisions = new Counter({
    name: 'espalier_decisions_total',
    help: 'Answers, by reason',
    labelNames: ['reason'],
    registers: [this.registry],
    collect: () => this.#collectDecided(),
  })
  readonly decisionsLost = this.#counter(
    'espalier_decision_rows_lost_total',
    'Decision rows not logged because the outbox was at its bound',
    [],
  )
  readonly bound = this.#counter(
    'espalier_bound_total',
    'Commits of what decisions bind (caps, offers, prices): stored, made again after a conflict, or lost',
    ['outcome'],
  )
  readonly exposuresLost = this.#counter(
    'espalier_exposures_lost_total',
    'Exposures of `expose` requests that could not be stored',
    [],
  )
  readonly exposuresForeign = this.#counter(
    'espalier_exposures_foreign_total',
    'Exposures that name a decision somebody else was given, and count for nobody',
    [],
  )
  readonly shipped = this.#counter('espalier_shipped_rows_total', 'Rows the warehouse has taken, by table', ['table'])
  readonly shipErrors = this.#counter('espalier_ship_errors_total', 'Failed attempts to ship a batch', [])
  readonly ship = this.#histogram('espalier_ship_seconds', 'One insert into the warehouse')

  constructor() {
    collectDefaultMetrics({ register: this.registry })
  }

  /** One answer: counted here, and told when somebody looks. */
  decided(reason: string): void {
    if (reason === this.#lastReason) {
      this.#inARow++
      return
    }
    this.#noteRow()
    this.#lastReason = reason
    this.#inARow = 1
  }

  #noteRow(): void {
    if (this.#inARow > 0) this.#decided.set(this.#lastReason, (this.#decided.get(this.#lastReason) ?? 0) + this.#inARow)
    this.#inARow = 0
  }

  #collectDecided(): void {
    this.#noteRow()
    for (const [reason, count] of this.#decided) this.decisions.inc({ reason }, count)
    this.#decided.clear()
  }

  /** Events refused because of consent, of all workspaces, since the start. */
  async refusedByConsent(): Promise<number> {
    const { values } = await this.events.get()
    return values.find(({ labels }) => labels.outcome === 'consent')?.value ?? 0
  }

  /** A value asked for when somebody looks. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read())
      },
    })
  }

  /** Several values under one name, told apart by the label `name`. */
  labelled(name: string, help: string, read: () => Promise<readonly (readonly [string, number])[]>): void {
    new Gauge({
      name,
      help,
      labelNames: ['name'],
      registers: [this.registry],
      async collect() {
        for (const [label, value] of await read()) this.set({ name: label }, value)
      },
    })
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets: SECONDS, registers: [this.registry] })
  }
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** A histogram of what happens thousands of times a second: noted at once, counted together. */
class Durations {
  readonly #histogram: Histogram
  readonly #noted = new Float64Array(1024)
  #count = 0

  constructor(name: string, help: string, registry: Registry) {
    this.#histogram = new Histogram({
      name,
      help,
      buckets: SECONDS,
      registers: [registry],
      collect: () => this.#observe(),
    })
  }

  observe(seconds: number): void {
    this.#noted[this.#count++] = seconds
    if (this.#count === this.#noted.length) this.#observe()
  }

  #observe(): void {
    for (let i = 0; i < this.#count; i++) this.#histogram.observe(this.#noted[i]!)
    this.#count = 0
  }
}
