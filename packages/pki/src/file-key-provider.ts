import { createPrivateKey, createPublicKey } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Problem } from '@sallyport/problem'
import {
  defaultScryptCost,
  openKeyFile,
  readKeyFile,
  type ScryptCost,
  sealKeyFile,
} from './key-file.ts'
import { type KeyKind, keyKindOf } from './key-kind.ts'
import { generateKey, type KeyProvider, type SigningKey, signingKeyOf } from './signing-key.ts'
import { syncDirectory, writeNewFile } from './write-new-file.ts'

export type FileKeyProviderOptions = {
  /** Made with mode 0700 where it does not exist. */
  directory: string
  /** Asked once, when the first key is made or opened. */
  passphrase: () => Promise<string>
  /** For new files. Default N = 2¹⁷, r = 8, p = 1; the least that is accepted is N = 2¹⁴. */
  scryptCost?: ScryptCost
}

export const keyFileSuffix = '.key.json'
const maxFileBytes = 65_536

/**
 * Keys in files `<name>.key.json`, mode 0600 in a directory of mode 0700: PKCS#8 under AES-256-GCM,
 * its key by scrypt from a passphrase. Problems `key_file_permissions`, `key_file_malformed`,
 * `key_passphrase_required`, `key_passphrase_wrong`, `key_exists`, `key_missing`.
 */
export function fileKeyProvider(options: FileKeyProviderOptions): KeyProvider {
  const { directory, scryptCost = defaultScryptCost } = options
  const pathOf = (name: string) => join(directory, fileName(name))
  const passphrase = onceAsked(options.passphrase)
  const oneAtATime = queue()

  const create = (name: string, kind: KeyKind) =>
    oneAtATime(async () => {
      const path = pathOf(name)
      await prepareDirectory(directory)
      const key = await generateKey(kind)
      const pkcs8 = key.privateKey.export({ format: 'der', type: 'pkcs8' })
      const secret = await passphrase()
      const file = await sealKeyFile({ name, kind, pkcs8, passphrase: secret, cost: scryptCost })
      pkcs8.fill(0)
      if (!(await writeNewFile(path, `${JSON.stringify(file, undefined, 2)}\n`))) {
        throw new Problem('key_exists', { detail: path })
      }
      return signingKeyOf(key)
    })

  return {
    create,
    createUnwrapping: create,
    open: (name) =>
      oneAtATime(async () => {
        const path = pathOf(name)
        await assertPrivateDirectory(directory)
        const file = readKeyFile(await readPrivateFile(path), name)
        const pkcs8 = await openKeyFile(file, await passphrase())
        return readSigningKey(pkcs8, file.kind, name)
      }),

    list: async () => {
      try {
        const names = await readdir(directory)
        return names
          .filter((name) => name.endsWith(keyFileSuffix) && !name.startsWith('.'))
          .map((name) => name.slice(0, -keyFileSuffix.length))
          .toSorted()
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return []
        throw error
      }
    },
  }
}

/** One derivation takes 128 MiB: several at a time would be a spike of memory at start. */
function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    // The queue goes on after a failure, which belongs to its own caller.
    last = result.catch(() => undefined)
    return result
  }
}

function onceAsked(ask: () => Promise<string>): () => Promise<string> {
  let answer: string | undefined
  return async () => {
    answer ??= await ask()
    if (answer !== '') return answer
    answer = undefined
    throw new Problem('key_passphrase_required', { detail: 'the passphrase is empty' })
  }
}

function fileName(name: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) {
    throw new TypeError(`not a name for a key: ${JSON.stringify(name)}`)
  }
  return name + keyFileSuffix
}

async function prepareDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (made !== undefined) await syncParents(resolve(directory), made)
  await assertPrivateDirectory(directory)
}

/** Every directory that got a new entry, down from the one that holds the first one made. */
async function syncParents(directory: string, firstMade: string): Promise<void> {
  let at = directory
  do {
    const parent = dirname(at)
    await syncDirectory(parent)
    if (at === firstMade || parent === at) return
    at = parent
  } while (at.length >= firstMade.length)
}

async function assertPrivateDirectory(directory: string): Promise<void> {
  try {
    assertPrivate(directory, (await stat(directory)).mode, '0700')
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    throw new Problem('key_missing', { detail: `there is no directory ${directory}`, cause: error })
  }
}

function assertPrivate(path: string, mode: number, expected: string): void {
  if ((mode & 0o077) === 0) return
  throw new Problem('key_file_permissions', {
    detail: path,
    expected: `mode ${expected}`,
    found: `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
  })
}

async function readPrivateFile(path: string): Promise<string> {
  await using file = await openExisting(path)
  // Of the open file, not of the path: what is checked is what is read.
  const { mode, size } = await file.stat()
  assertPrivate(path, mode, '0600')
  if (size > maxFileBytes) {
    throw new Problem('key_file_malformed', {
      detail: path,
      expected: `at most ${maxFileBytes} bytes`,
      found: `${size} bytes`,
    })
  }
  return file.readFile('utf8')
}

async function openExisting(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    throw new Problem('key_missing', { detail: `there is no file ${path}`, cause: error })
  }
}

function readSigningKey(pkcs8: Buffer, kind: string, name: string): SigningKey {
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  pkcs8.fill(0)
  const publicKey = createPublicKey(privateKey)
  if (keyKindOf(publicKey) !== kind) {
    throw new Problem('key_file_malformed', { detail: `${name}: member kind`, expected: kind })
  }
  return signingKeyOf({ privateKey, publicKey })
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
