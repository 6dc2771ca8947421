import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A line to a PostgreSQL that can be cut and mended, for tests. */
export interface Line {
  /** The URL through the line. */
  readonly url: string
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>
  mend(): Promise<void>
  /** The next time these bytes are sent, what PostgreSQL answers is lost: it has done what it was told, and the connection breaks. */
  loseAnswerTo(text: string): Promise<void>
  close(): Promise<void>
}

export async function layLine(url: string): Promise<Line> {
  const target = new URL(url)
  const folder = target.searchParams.get('host')
  const port = Number(target.port || 5432)
  const sockets = new Set<Socket>()
  let losing: { text: string; lost: () => void } | undefined
  const server = createServer(near => {
    const far = folder ? connect(`${folder}/.s.PGSQL.${port}`) : connect(port, target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
    near.on('data', (sent: Buffer) => {
      if (losing === undefined || !sent.includes(losing.text)) return
      const { lost } = losing
      losing = undefined
      far.unpipe(near)
      far.once('data', () => {
        far.destroy()
        lost()
      })
      far.resume()
    })
  })
  await listen(0)
  const address = server.address()
  const own = typeof address === 'object' && address ? address.port : 0
  const through = new URL(url)
  through.searchParams.delete('host')
  through.host = `127.0.0.1:${own}`

  async function listen(at: number): Promise<void> {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
  }
  async function cut(): Promise<void> {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  }
  const loseAnswerTo = (text: string) =>
    new Promise<void>(lost => {
      losing = { text, lost }
    })
  return { url: through.href, cut, mend: () => listen(own), loseAnswerTo, close: cut }
}
