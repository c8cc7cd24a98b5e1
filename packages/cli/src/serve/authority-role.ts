import { type AuthorityConfig, authoritySections, startAuthority } from '@sallyport/authority'
import { readConfig } from '@sallyport/config'
import { roleSchema } from '../configuration/role-schema.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import { packageVersion } from '../package-version.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'
import { operatorLog } from './operator-log.ts'
import type { RunningRole } from './roles.ts'

const sections = [trustDomainSection, ...authoritySections]

/** Starts an authority from its part of a configuration file. @throws Problem why it cannot start */
export async function startAuthorityRole(file: string): Promise<RunningRole> {
  const config = readConfig<AuthorityConfig>(file, roleSchema(sections))
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true
  const authority = await startAuthority(config.value, {
    log: operatorLog('authority'),
    directory: config.directory,
    version: packageVersion(),
    ...(canAsk ? { promptPassphrase: askPassphrase } : {}),
  })
  return { facts: authority.addresses, close: () => authority.close() }
}
