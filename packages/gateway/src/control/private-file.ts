import fs from 'node:fs/promises'

/** The text of a file; undefined where there is none. */
export async function readPrivateFile(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
