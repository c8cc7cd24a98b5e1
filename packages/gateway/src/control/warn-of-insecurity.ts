import type { Plan } from '../configuration/plan.ts'
import type { Log } from '../log/log.ts'

/** Says of a configuration, at the start, what it leaves open on purpose. */
export function warnOfInsecurity({ allowDevelopment, listeners }: Plan, log: Log): void {
  if (allowDevelopment) {
    const name = 'insecureDevelopmentDevices'
    log.warn({ name }, 'insecure: development devices are let in')
  }
  for (const { name, isPlain } of listeners) {
    if (!isPlain || name.startsWith('unix:')) continue
    log.warn(
      { name: 'insecurePlainHttp', listen: name },
      'insecure: whoever is between the proxy and this listener sees and changes everything',
    )
  }
}
