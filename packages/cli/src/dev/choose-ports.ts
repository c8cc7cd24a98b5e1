import { Problem } from '@sallyport/problem'
import type { Ports } from './development-config.ts'
import { freePorts, isFree } from './ports.ts'
import { reservePort } from './reserve-port.ts'

/** The gateway's port where nothing else was asked for and nothing else listens there. */
export const usualGatewayPort = 8440

/**
 * The ports of this start: those of the last one as far as they are free, so that addresses stay the
 * same from one start to the next.
 *
 * @param asked the gateway's port that a person asked for
 * @throws Problem `port_in_use` where that one is taken
 */
export async function choosePorts(
  last: Ports | undefined,
  asked: number | undefined,
): Promise<Ports> {
  const fresh = await freePorts(6)
  const names: (keyof Ports)[] = [
    'gateway',
    'device',
    'admin',
    'authorityOperations',
    'gatewayOperations',
    'upstream',
  ]
  const wished: Partial<Ports> = { gateway: usualGatewayPort, ...last }
  if (asked !== undefined) delete wished.gateway
  const chosen = await Promise.all(
    names.map(async (name, index) => {
      const wish = wished[name]
      const isKept = wish !== undefined && wish !== 0 && (await isAvailable(name, wish))
      return [name, isKept ? wish : (fresh[index] ?? 0)] as const
    }),
  )
  const ports = Object.fromEntries(chosen) as Ports
  if (asked === undefined) return ports
  if (await isAvailable('gateway', asked)) return { ...ports, gateway: asked }
  throw new Problem('port_in_use', {
    detail: `127.0.0.1:${asked} is taken`,
    expected: 'a free port after --port, or no --port at all',
  })
}

/** A port that is free, and the gateway's one kept for this process. */
async function isAvailable(name: keyof Ports, port: number): Promise<boolean> {
  return (await isFree(port)) && (name !== 'gateway' || (await reservePort(port)))
}
