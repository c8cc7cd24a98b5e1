import { fileURLToPath } from 'node:url'
import { onCore } from '../process/core.ts'
import { type ServerProcess, startServer } from '../process/server-process.ts'

/** Answered with the head of the request as it arrived. */
export const echoPath = '/echo'

const module = fileURLToPath(new URL('./upstream-process.js', import.meta.url))

export function startUpstream(directory: string, port: number): Promise<ServerProcess> {
  const command = onCore('load', [process.execPath, module, String(port)])
  return startServer({ name: 'upstream', command, directory, port })
}
