import { connect } from 'node:net'
import { namedMembers } from '../configuration/named-members.ts'
import type { DoctorCheck, Finding } from './finding.ts'

/** Listeners, each tried with a TCP connection: `listen` members of the file. */
export const listenerCheck: DoctorCheck = {
  name: 'listeners',
  examine: async ({ file }) => {
    const listeners = namedMembers(file.value).filter(({ name }) => name === 'listen')
    return await Promise.all(
      listeners.map(async ({ path, value }): Promise<Finding> => {
        const finding = { check: 'listeners', what: `${path.join('.')} ${value}` }
        if (await accepts(value)) return { ...finding, verdict: 'ok', found: 'accepts connections' }
        const fix = 'Start it with `sallyport serve`; if it runs elsewhere, nothing is wrong.'
        return { ...finding, verdict: 'warn', found: 'nothing listens', fix }
      }),
    )
  },
}

/** Whether something takes connections there. `0.0.0.0` and `::` are reached over loopback. */
export function accepts(listen: string): Promise<boolean> {
  const colon = listen.lastIndexOf(':')
  const named = listen.slice(0, colon).replace(/^\[|\]$/g, '')
  const host = named === '0.0.0.0' ? '127.0.0.1' : named === '::' ? '::1' : named
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(listen.slice(colon + 1)), timeout: 2_000 })
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => settle(true))
    socket.on('timeout', () => settle(false))
    socket.on('error', () => settle(false))
  })
}
