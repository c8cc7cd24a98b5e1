import { type AuthorityConfig, authoritySections, startAuthority } from '@sallyport/authority'
import { readConfig } from '@sallyport/config'
import { roleSchema } from '../configuration/role-schema.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import { packageVersion } from '../package-version.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'
import { operatorLog } from './operator-log.ts'
import type { RunningRole } from './roles.ts'

const sections = [trustDomainSection, ...authoritySections]

/**
 * Starts an authority from its part of a configuration file. SIGHUP has it take the file, and the
 * certificates of its listeners, as they are then.
 *
 * @throws Problem why it cannot start
 */
export async function startAuthorityRole(file: string): Promise<RunningRole> {
  const read = () => readConfig<AuthorityConfig>(file, roleSchema(sections))
  const config = read()
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true
  const log = operatorLog('authority')
  const options = {
    log,
    directory: config.directory,
    version: packageVersion(),
    ...(canAsk ? { promptPassphrase: askPassphrase } : {}),
  }
  const authority = await startAuthority(config.value, options).catch((error: unknown) => {
    throw config.placed(error)
  })
  process.on('SIGHUP', () => {
    void reload()
  })
  const reload = async (): Promise<void> => {
    try {
      const next = read()
      await authority.reload(next.value).catch((error: unknown) => {
        throw next.placed(error)
      })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      log.error({ why }, 'reload refused: the configuration that was in force goes on')
    }
  }
  return { facts: authority.addresses, close: () => authority.close() }
}
