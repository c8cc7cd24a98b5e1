import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Certificate } from '../src/certificate.ts'
import { toPem } from '../src/pem.ts'

export type OpensslAnswer = { ok: boolean; text: string }

/** `openssl verify` of a leaf under an issuing CA under a root, with further arguments. */
export async function opensslVerify(
  chain: { root: Certificate; intermediates?: readonly Certificate[]; leafDer: Uint8Array },
  ...options: string[]
): Promise<OpensslAnswer> {
  return inScratch(async (directory) => {
    const pems = (...ders: Uint8Array[]) => ders.map((der) => toPem('CERTIFICATE', der)).join('')
    await writeFile(join(directory, 'root.pem'), pems(chain.root.der))
    await writeFile(join(directory, 'leaf.pem'), pems(chain.leafDer))
    const intermediates = chain.intermediates ?? []
    await writeFile(join(directory, 'ca.pem'), pems(...intermediates.map(({ der }) => der)))
    const untrusted = intermediates.length === 0 ? [] : ['-untrusted', 'ca.pem']
    return run(directory, [
      'verify',
      '-x509_strict',
      '-CAfile',
      'root.pem',
      ...untrusted,
      ...options,
      'leaf.pem',
    ])
  })
}

/** A private key made by openssl, and a request or whatever the commands make of it. */
export async function inScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-pki-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

export function run(directory: string, command: readonly string[]): Promise<OpensslAnswer> {
  return new Promise((resolve) => {
    execFile('openssl', command, { cwd: directory }, (error, stdout, stderr) => {
      resolve({ ok: error === null, text: stdout + stderr })
    })
  })
}
