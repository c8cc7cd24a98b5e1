import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import path from 'node:path'

/**
 * Listens at a path, in place of whatever socket was there. It is made in a directory that nobody else
 * can enter, gets its mode, and only then its name: at no moment can anyone connect who may not.
 */
export async function listenAtPath(
  server: Server,
  options: { readonly path: string; readonly mode: number; readonly backlog: number },
): Promise<void> {
  const directory = mkdtempSync(path.join(path.dirname(options.path), '.sp-'))
  const made = path.join(directory, 's')
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ path: made, backlog: options.backlog }, resolve)
    })
    chmodSync(made, options.mode)
    renameSync(made, options.path)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  server.once('close', () => rmSync(options.path, { force: true }))
}
