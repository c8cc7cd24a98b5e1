import path from 'node:path'
import { releaseStartMemory, startGateway } from '@sallyport/gateway/serve'
import { isProblem, Problem } from '@sallyport/problem'
import { removePidFile, writePidFile } from '../supervise/pid-file.ts'
import { passphraseVariable } from '../supervise/role-environment.ts'
import { readGatewayConfig } from './gateway-config.ts'
import { operatorLog } from './operator-log.ts'
import { type ReloadOutcome, writeReloadResult } from './reload-result.ts'
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
  const pidFile = path.join(state, 'gateway.pid')
  process.on('SIGHUP', () => void reload(gateway, state))
  writePidFile(pidFile)
  releaseStartMemory()
  return {
    facts: gateway.addresses,
    async close() {
      removePidFile(pidFile)
      await gateway.close()
    },
  }
}

type Reloading = Pick<Awaited<ReturnType<typeof startGateway>>, 'reload'>

/** Reloads, and leaves the outcome where `sallyport reload` waits for it. */
async function reload(gateway: Reloading, state: string): Promise<void> {
  const askedAt = String(process.hrtime.bigint())
  const tell = (outcome: ReloadOutcome) => writeReloadResult(state, { askedAt, ...outcome })
  try {
    const restartNeeded = await gateway.reload()
    tell({ ok: true, restartNeeded })
  } catch (error) {
    const problem = isProblem(error)
      ? error
      : new Problem('internal_error', { detail: String(error), cause: error })
    const { code, detail, expected, found } = problem
    tell({ ok: false, problem: { code, detail, expected, found } })
  }
}
