import { type AuthorityConfig, authoritySections, startAuthority } from '@sallyport/authority'
import { composeSchema, parseConfig } from '@sallyport/config'
import { readNamedFile } from '../configuration/named-file.ts'
import { keepTopLevel } from '../configuration/top-level.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import { packageVersion } from '../package-version.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'
import { operatorLog } from './operator-log.ts'
import type { RunningRole } from './roles.ts'

const sections = [trustDomainSection, ...authoritySections].map((section) => ({
  ...section,
  required: true,
}))

/** Starts an authority from its part of a configuration file. @throws Problem why it cannot start */
export async function startAuthorityRole(file: string): Promise<RunningRole> {
  const keys = new Set(['version', ...sections.map(({ key }) => key)])
  const text = keepTopLevel(file, readNamedFile(file, 'the configuration'), keys)
  const config = parseConfig<AuthorityConfig>(file, text, composeSchema(sections))
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true
  const authority = await startAuthority(config.value, {
    log: operatorLog('authority'),
    directory: config.directory,
    version: packageVersion(),
    ...(canAsk ? { promptPassphrase: askPassphrase } : {}),
  })
  return { facts: authority.addresses, close: () => authority.close() }
}
