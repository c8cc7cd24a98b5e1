import { createPublicKey, type KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import { resolvePath } from '@sallyport/config'
import { configProblem, isProblem, Problem } from '@sallyport/problem'
import { readNamedFile } from '../config/named-file.ts'
import {
  maxSnapshotBytes,
  readSnapshot,
  snapshotAlgorithm,
  type TrustSnapshot,
} from './snapshot.ts'

/** Where a signed snapshot is, and whose it must be. */
export type SnapshotFile = { readonly file: string; readonly publicKey: KeyObject }

/** @throws Problem `config_unreadable` where the public key cannot be read; the snapshot may come later */
export function snapshotFileOf(
  directory: string,
  { file, publicKeyFile }: { file: string; publicKeyFile: string },
): SnapshotFile {
  const path = ['attestation', 'snapshot', 'publicKeyFile']
  const pem = readNamedFile(directory, publicKeyFile, path)
  try {
    // A private key would be taken, too: it has no place on this host.
    if (pem.includes('PRIVATE KEY')) throw new Error('it is a private key')
    const publicKey = createPublicKey(pem)
    snapshotAlgorithm(publicKey)
    return { file: resolvePath(directory, file), publicKey }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw configProblem('config_unreadable', path, `${publicKeyFile}: ${why}`, { cause })
  }
}

/** @throws Problem `trust_snapshot_refused` */
export async function readSnapshotFile(
  { file, publicKey }: SnapshotFile,
  now: number,
): Promise<TrustSnapshot> {
  try {
    return await readSnapshot(await readBounded(file), { publicKey, now })
  } catch (cause) {
    const why = isProblem(cause) ? (cause.detail ?? cause.message) : String(cause)
    throw new Problem('trust_snapshot_refused', { detail: `${file}: ${why}`, cause })
  }
}

async function readBounded(file: string): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > maxSnapshotBytes) throw new Error(`larger than ${maxSnapshotBytes} bytes`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}
