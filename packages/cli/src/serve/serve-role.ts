import type { ExitCode } from '../command.ts'
import { tellFailed, tellReady, untilAskedToEnd } from '../supervise/parent-channel.ts'
import type { Output } from '../terminal/output.ts'
import type { Role, RunningRole } from './roles.ts'

/**
 * Runs one role in this process until it is asked to end.
 *
 * @throws Problem why it could not be started, where there is no parent that was told
 */
export async function serveRole(role: Role, file: string, output: Output): Promise<ExitCode> {
  const asked = untilAskedToEnd()
  let running: RunningRole
  try {
    const start = await role.load()
    running = await start(file)
  } catch (error) {
    if (await tellFailed(error)) return 3
    throw error
  }
  await tellReady(running.facts)
  const why = await asked
  output.say(`${role.name}: ending (${why})`)
  await running.close()
  return 0
}
