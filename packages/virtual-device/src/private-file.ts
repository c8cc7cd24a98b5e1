import { open } from 'node:fs/promises'
import { Problem } from '@sallyport/problem'

/** The text of a file that its owner alone can read; undefined where there is none. Problem `key_file_permissions`. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    const mode = (await file.stat()).mode & 0o777
    if ((mode & 0o077) !== 0) {
      throw new Problem('key_file_permissions', {
        detail: path,
        expected: 'mode 600',
        found: `mode ${mode.toString(8)}`,
      })
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
