import {
  type AuthorityConfig,
  authoritySections,
  SignerClient,
  signerSecretOf,
  signerSocketOf,
  startAuthority,
} from '@sallyport/authority'
import { readConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import { roleSchema } from '../configuration/role-schema.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import { packageVersion } from '../package-version.ts'
import { toldSecret } from '../supervise/parent-channel.ts'
import { passphraseVariable } from '../supervise/role-environment.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'
import { acceptReloads, logRefusals } from './accept-reloads.ts'
import { authorityPlace } from './authority-places.ts'
import { operatorLog } from './operator-log.ts'
import type { RunningRole } from './roles.ts'

const sections = [trustDomainSection, ...authoritySections]
/** A signer is started at the same time, and one with many keys takes a while to open them. */
const signerWithinMs = 20_000

/**
 * Starts an authority from its part of a configuration file. SIGHUP has it take the file, and the
 * certificates of its listeners, as they are then.
 *
 * @throws Problem `passphrase_exposed`, `signer_unavailable`; why it cannot start
 */
export async function startAuthorityRole(file: string): Promise<RunningRole> {
  const read = () => readConfig<AuthorityConfig>(file, roleSchema(sections))
  const config = read()
  const log = operatorLog('authority')
  const options = { log, directory: config.directory, version: packageVersion() }
  const isSingle = config.value.authority.insecureSingleProcess
  const client = isSingle ? undefined : await connectSigner(config)
  const keys = client === undefined ? promptingOptions() : { signer: client.signer }
  const authority = await startAuthority(config.value, { ...options, ...keys }).catch(
    async (error: unknown) => {
      await client?.close()
      throw config.placed(error)
    },
  )
  const reload = async (): Promise<readonly string[]> => {
    const next = read()
    await authority.reload(next.value).catch((error: unknown) => {
      throw next.placed(error)
    })
    return []
  }
  const forget = acceptReloads({
    place: authorityPlace(config.directory, config.value),
    log,
    reload: logRefusals(log, reload),
  })
  return {
    facts: authority.addresses,
    async close() {
      forget()
      await authority.close()
      await client?.close()
    },
  }
}

/** What opens the keys is for the signer alone: here it would be one more place to steal it from. */
async function connectSigner(config: {
  value: AuthorityConfig
  directory: string
}): Promise<SignerClient> {
  if (process.env[passphraseVariable] !== undefined) throw new Problem('passphrase_exposed')
  const socket = signerSocketOf(config.directory, config.value.authority)
  const told = await toldSecret()
  const secret = told ?? signerSecretOf(config.directory, config.value.authority)
  const client = new SignerClient({ socket, secret })
  await client.untilReady(signerWithinMs)
  return client
}

function promptingOptions() {
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true
  return canAsk ? { promptPassphrase: askPassphrase } : {}
}
