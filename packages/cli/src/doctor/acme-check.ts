import { resolvePath } from '@sallyport/config'
import { type AcmeStatus, type GatewaySettings, readAcmeStatus } from '@sallyport/gateway'
import { momentWords } from '../terminal/span.ts'
import type { DoctorCheck, Finding } from './finding.ts'

const check = 'certificates by ACME'
/** How long after its time a renewal may still be on its way. */
const lateMs = 24 * 3_600_000

/** Whether hosts that obtain their certificates have them, and renew them in time. */
export const acmeCheck: DoctorCheck = {
  name: check,
  examine: async ({ file, now }) => {
    const gateway = file.value['gateway'] as GatewaySettings | undefined
    if (gateway === undefined) return []
    const directory = resolvePath(file.directory, gateway.stateDirectory)
    const findings = Object.entries(gateway.hosts).map(
      async ([host, { certificate }]): Promise<Finding[]> => {
        const { acme } = certificate
        if (acme === undefined) return []
        const status = await readAcmeStatus(directory, acme, host)
        return [{ check, what: `gateway.hosts.${host}`, ...judge(status, now()) }]
      },
    )
    return (await Promise.all(findings)).flat()
  },
}

type Judgement = Pick<Finding, 'verdict' | 'found' | 'fix'>

function judge(status: AcmeStatus | undefined, now: number): Judgement {
  if (status === undefined) {
    const fix = 'Start the gateway; or run doctor on the machine whose state directory this is.'
    return { verdict: 'warn', found: 'was never asked for', fix }
  }
  const { notAfter, renewalAt, lastError, nextAttemptAt } = status
  const failed =
    lastError === undefined
      ? ''
      : `; the last attempt failed: ${lastError}; the next one ${momentWords(nextAttemptAt ?? now, now)}`
  const fix =
    'The CA must reach the gateway by the name of the host: port 80 for http-01, port 443 for tls-alpn-01.'
  if (notAfter === undefined || renewalAt === undefined) {
    return { verdict: 'fail', found: `none was issued${failed}`, fix }
  }
  const found = `ends ${new Date(notAfter).toISOString().slice(0, 10)}, ${momentWords(notAfter, now)}${failed}`
  if (notAfter <= now) return { verdict: 'fail', found, fix }
  if (lastError !== undefined || renewalAt + lateMs < now) return { verdict: 'warn', found, fix }
  return { verdict: 'ok', found }
}
