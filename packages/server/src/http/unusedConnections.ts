import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Connections on which nothing was sent yet: browsers and load balancers open some ahead. Node takes them for busy, and a server that
 * stops would wait for each of them. Returns what closes them.
 */
export function watchUnused(server: Server): () => void {
  const open = new Set<Socket>()
  server.on('connection', socket => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
  }
}
