import path from 'node:path'
import { releaseStartMemory, startGateway } from '@sallyport/gateway/serve'
import { Problem } from '@sallyport/problem'
import { passphraseVariable } from '../supervise/role-environment.ts'
import { acceptReloads } from './accept-reloads.ts'
import { readGatewayConfig } from './gateway-config.ts'
import { operatorLog } from './operator-log.ts'
import { reloadPlaceIn } from './reload-place.ts'
import type { RunningRole } from './roles.ts'

/**
 * Starts a gateway from its part of a configuration file. SIGHUP has it take the file as it is then.
 *
 * @throws Problem `passphrase_exposed`; why it cannot start
 */
export async function startGatewayRole(file: string): Promise<RunningRole> {
  if (process.env[passphraseVariable] !== undefined) throw new Problem('passphrase_exposed')
  const log = operatorLog('gateway')
  const config = await readGatewayConfig(file)
  const gateway = await startGateway(config, { log, reload: () => readGatewayConfig(file) })
  const state = path.resolve(config.directory, config.value.gateway.stateDirectory)
  const place = reloadPlaceIn(state, 'gateway')
  const forget = acceptReloads({ place, log, reload: () => gateway.reload() })
  releaseStartMemory()
  return {
    facts: gateway.addresses,
    async close() {
      forget()
      await gateway.close()
    },
  }
}
