import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isProblem } from '@sallyport/problem'
import {
  defaultScryptCost,
  type KeyFile,
  openKeyFile,
  readKeyFile,
  type ScryptCost,
  sealKeyFile,
} from './key-file.ts'
import { keyFileSuffix } from './file-key-provider.ts'
import { replaceFile } from './replace-file.ts'

/**
 * Encrypts every key file of a directory under another passphrase. All are opened before one is written,
 * and each is replaced whole; where it was cut short, the next run goes on with those that are left.
 *
 * They cost then what is given, N = 2¹⁷ by default, whatever they did: the one before may have been random, and the next one is a person's.
 *
 * @returns the names of the keys
 * @throws Problem `key_passphrase_wrong` where neither passphrase opens one: then nothing is written;
 *   `key_file_malformed`
 */
export async function changePassphrase(options: {
  directory: string
  before: string
  next: string
  scryptCost?: ScryptCost
}): Promise<string[]> {
  const { directory, before, next, scryptCost: cost = defaultScryptCost } = options
  const names = (await readdir(directory))
    .filter((file) => file.endsWith(keyFileSuffix) && !file.startsWith('.'))
    .map((file) => file.slice(0, -keyFileSuffix.length))
    .toSorted()
  const changed: { path: string; file: KeyFile }[] = []
  for (const name of names) {
    const path = join(directory, name + keyFileSuffix)
    const file = readKeyFile(await readFile(path, 'utf8'), name)
    const pkcs8 = await openWith(file, before, next)
    if (pkcs8 === undefined) continue
    const { kind } = file
    changed.push({ path, file: await sealKeyFile({ name, kind, pkcs8, passphrase: next, cost }) })
    pkcs8.fill(0)
  }
  for (const { path, file } of changed) {
    await replaceFile(path, `${JSON.stringify(file, undefined, 2)}\n`)
  }
  return names
}

/** Undefined where the next passphrase opens it already. */
async function openWith(file: KeyFile, before: string, next: string): Promise<Buffer | undefined> {
  try {
    return await openKeyFile(file, before)
  } catch (error) {
    if (!isProblem(error) || error.code !== 'key_passphrase_wrong') throw error
    const pkcs8 = await openKeyFile(file, next)
    pkcs8.fill(0)
    return undefined
  }
}
