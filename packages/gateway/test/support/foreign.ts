import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Identity } from './world.ts'

const run = promisify(execFile)

export type LeafOptions = {
  /** Lines of an extension section of openssl, in place of those of a good device. */
  readonly extensions?: readonly string[]
  /** Days of life; below 0 it has expired. */
  readonly days?: number
}

/** A CA that is not of Sallyport's making, and certificates as OpenSSL makes them. */
export type ForeignCa = {
  readonly pem: string
  readonly leaf: (options?: LeafOptions) => Promise<Identity>
}

export const goodExtensions = [
  'basicConstraints = critical, CA:FALSE',
  'keyUsage = critical, digitalSignature',
  'extendedKeyUsage = clientAuth',
  'subjectAltName = critical, URI:spiffe://partner.example/phone/1',
]

export async function createForeignCa(name = 'Partner CA'): Promise<ForeignCa> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-foreign-'))
  const file = (base: string) => path.join(directory, base)
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory })
  const newKey = (base: string) =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', base)
  await newKey('ca.key')
  await openssl(
    'req',
    '-x509',
    '-key',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
  )
  const pem = await readFile(file('ca.pem'), 'utf8')
  const caKey = await readFile(file('ca.key'), 'utf8')
  await rm(directory, { recursive: true })
  return {
    pem,
    leaf: async ({ extensions = goodExtensions, days = 1 } = {}) => {
      const own = await mkdtemp(path.join(tmpdir(), 'sallyport-foreign-'))
      const at = { cwd: own }
      await writeFile(path.join(own, 'ca.pem'), pem)
      await writeFile(path.join(own, 'ca.key'), caKey)
      await writeFile(path.join(own, 'ext'), extensions.join('\n'))
      const key = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'leaf.key']
      await run('openssl', ['genpkey', ...key], at)
      const request = ['-new', '-key', 'leaf.key', '-subj', '/', '-out', 'leaf.csr']
      await run('openssl', ['req', ...request], at)
      const issue = ['-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key']
      const facts = [
        '-CAcreateserial',
        '-days',
        String(days),
        '-extfile',
        'ext',
        '-out',
        'leaf.pem',
      ]
      await run('openssl', ['x509', ...issue, ...facts], at)
      const cert = await readFile(path.join(own, 'leaf.pem'), 'utf8')
      const identity = { cert, key: await readFile(path.join(own, 'leaf.key'), 'utf8') }
      await rm(own, { recursive: true })
      return identity
    },
  }
}
