import { connect, type NetConnectOpts } from 'node:net'
import { resolvePath } from '@sallyport/config'
import { type NamedMember, namedMembers } from '../configuration/named-members.ts'
import type { DoctorCheck, Finding } from './finding.ts'

/** Listeners, each tried with a connection: `listen` members of the file, and the `address` of those with more to say. */
export const listenerCheck: DoctorCheck = {
  name: 'listeners',
  examine: async ({ file }) => {
    const listeners = namedMembers(file.value).filter(isListener)
    return await Promise.all(
      listeners.map(async ({ path, value }): Promise<Finding> => {
        const finding = { check: 'listeners', what: `${path.join('.')} ${value}` }
        if (await accepts(value, file.directory)) {
          return { ...finding, verdict: 'ok', found: 'accepts connections' }
        }
        const fix = 'Start it with `sallyport serve`; if it runs elsewhere, nothing is wrong.'
        return { ...finding, verdict: 'warn', found: 'nothing listens', fix }
      }),
    )
  },
}

function isListener({ name, path }: NamedMember): boolean {
  return name === 'listen' || (name === 'address' && path.at(-3) === 'listen')
}

/**
 * Whether something takes connections at `host:port` or `unix:/path`. `0.0.0.0` and `::` are reached over
 * loopback.
 *
 * @param directory what the path of a socket is relative to
 */
export function accepts(listen: string, directory = '.'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...placeOf(listen, directory), timeout: 2_000 })
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => settle(true))
    socket.on('timeout', () => settle(false))
    socket.on('error', () => settle(false))
  })
}

function placeOf(listen: string, directory: string): NetConnectOpts {
  if (listen.startsWith('unix:')) {
    return { path: resolvePath(directory, listen.slice('unix:'.length)) }
  }
  const colon = listen.lastIndexOf(':')
  const named = listen.slice(0, colon).replace(/^\[|\]$/g, '')
  const host = named === '0.0.0.0' ? '127.0.0.1' : named === '::' ? '::1' : named
  return { host, port: Number(listen.slice(colon + 1)) }
}
