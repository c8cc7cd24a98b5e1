import { fileURLToPath } from 'node:url'
import { type ChildOptions, type RunningChild, startChild } from '../supervise/child-process.ts'
import type { Role } from './roles.ts'

/** The command itself, as children of ours run it. */
export const commandModule = fileURLToPath(new URL('../../../bin/sallyport.js', import.meta.url))

/** Starts a role in a process of its own. Its environment is what `roleEnvironment` lets it have. */
export function startRoleChild(
  role: Role,
  file: string,
  io: Pick<ChildOptions, 'stdout' | 'stderr'>,
  environment: NodeJS.ProcessEnv,
  secret?: string,
): Promise<RunningChild> {
  return startChild({
    name: role.name,
    module: commandModule,
    nodeOptions: role.nodeOptions,
    args: ['serve', '--role', role.name, '--config', file],
    environment,
    secret: role.sharesSecret ? secret : undefined,
    ...io,
  })
}
