import { type AuthorityConfig, authoritySections } from '@sallyport/authority/config'
import { startSigner } from '@sallyport/authority/signer'
import { readConfig } from '@sallyport/config'
import { roleSchema } from '../configuration/role-schema.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import { toldSecret } from '../supervise/parent-channel.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'
import { acceptReloads, logRefusals } from './accept-reloads.ts'
import { signerPlace } from './authority-places.ts'
import { operatorLog } from './operator-log.ts'
import type { RunningRole } from './roles.ts'

const sections = [trustDomainSection, ...authoritySections]

/**
 * Starts the process that holds the keys of the CAs. It reads the authority's part of the file for itself,
 * and signs within that. Of the authority's code it loads no store and no listener. SIGHUP has it take the file as it is then.
 *
 * @throws Problem why it cannot start
 */
export async function startSignerRole(file: string): Promise<RunningRole> {
  const read = () => readConfig<AuthorityConfig>(file, roleSchema(sections))
  const config = read()
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true
  const log = operatorLog('signer')
  const secret = await toldSecret()
  const signer = await startSigner({
    log,
    directory: config.directory,
    readConfig: () => read().value,
    secret,
    ...(canAsk ? { promptPassphrase: askPassphrase } : {}),
  }).catch((error: unknown) => {
    throw config.placed(error)
  })
  const forget = acceptReloads({
    place: signerPlace(config.directory, config.value),
    log,
    reload: logRefusals(log, () => {
      signer.reload()
      return Promise.resolve([])
    }),
  })
  return {
    facts: { socket: signer.socket },
    close: () => {
      forget()
      return signer.close()
    },
  }
}
