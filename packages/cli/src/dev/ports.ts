import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const loopback = '127.0.0.1'

/** Whether something could listen on this port just now. */
export function isFree(port: number, address = loopback): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: address, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/** Waits until all ports are free, for some seconds at most: others may have taken them since. */
export async function awaitFree(ports: readonly number[], timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const free = await Promise.all(ports.map((port) => isFree(port)))
    if (free.every(Boolean)) return
    await sleep(100)
  }
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    probes.map(
      (probe) =>
        new Promise<number>((resolve, reject) => {
          probe.once('error', reject)
          probe.listen({ port: 0, host: loopback }, () => {
            const address = probe.address()
            resolve(typeof address === 'object' && address !== null ? address.port : 0)
          })
        }),
    ),
  )
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))))
  return ports
}
