import { namedMembers } from '../configuration/named-members.ts'
import type { DoctorCheck, Finding } from './finding.ts'
import { accepts } from './live-checks.ts'

/** Targets of upstreams, each tried with a TCP connection. */
export const upstreamCheck: DoctorCheck = {
  name: 'upstreams',
  examine: async ({ file }) => {
    const targets = namedMembers(file.value).filter(({ name }) => name === 'targets')
    return await Promise.all(
      targets.map(async ({ path, value }): Promise<Finding> => {
        const finding = { check: 'upstreams', what: `${path.join('.')} ${value}` }
        if (await accepts(addressOf(value))) {
          return { ...finding, verdict: 'ok', found: 'accepts connections' }
        }
        const fix = 'Start the service, or mend the target: the gateway answers 502 until then.'
        return { ...finding, verdict: 'warn', found: 'cannot be reached', fix }
      }),
    )
  },
}

/** Host and port of a URL, which names its port only where that is not the usual one. */
function addressOf(target: string): string {
  const { protocol, host, port } = new URL(target)
  if (port !== '') return host
  return `${host}:${protocol === 'https:' ? 443 : 80}`
}
