import path from 'node:path'
import { composeSchema, parseConfig, resolvePath } from '@sallyport/config'
import { type GatewayConfig, gatewaySection, startGateway } from '@sallyport/gateway'
import { isProblem, Problem } from '@sallyport/problem'
import { readSections } from '../configuration/section-reader.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import { passphraseVariable } from '../supervise/role-environment.ts'
import { removePidFile, writePidFile } from '../supervise/pid-file.ts'
import { operatorLog } from './operator-log.ts'
import { writeReloadResult } from './reload-result.ts'
import type { RunningRole } from './roles.ts'

/** What the gateway reads of the file. The rest of it never enters this process. */
const sections = [trustDomainSection, { ...gatewaySection, required: true }]
const keys = ['version', ...sections.map(({ key }) => key)]

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
  const state = resolvePath(config.directory, config.value.gateway.stateDirectory)
  const pidFile = path.join(state, 'gateway.pid')
  process.on('SIGHUP', () => void reload(gateway, state))
  writePidFile(pidFile)
  return {
    facts: gateway.addresses,
    async close() {
      removePidFile(pidFile)
      await gateway.close()
    },
  }
}

async function readGatewayConfig(file: string): Promise<GatewayConfig> {
  return parseConfig(file, await readSections(file, keys), composeSchema(sections))
}

/** Reloads, and leaves the outcome where `sallyport reload` waits for it. */
async function reload(gateway: { reload(): Promise<void> }, state: string): Promise<void> {
  try {
    await gateway.reload()
    writeReloadResult(state, { ok: true })
  } catch (error) {
    const problem = isProblem(error)
      ? error
      : new Problem('internal_error', { detail: String(error), cause: error })
    const { code, detail, expected, found } = problem
    writeReloadResult(state, { ok: false, problem: { code, detail, expected, found } })
  }
}
