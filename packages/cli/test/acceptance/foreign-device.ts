import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newFolder } from '../sallyport.ts'
import type { Identity } from './edited-development.ts'

export const foreignTrustDomain = 'partner.example'

/** A device under a CA that is not of Sallyport's making: the file of the CA, and what the device shows. */
export function foreignDevice(): Identity & { caFile: string } {
  const folder = newFolder()
  const file = (name: string): string => path.join(folder, name)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }
  const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  writeFileSync(
    file('extensions'),
    [
      'basicConstraints = critical, CA:FALSE',
      'keyUsage = critical, digitalSignature',
      'extendedKeyUsage = clientAuth',
      `subjectAltName = critical, URI:spiffe://${foreignTrustDomain}/phone/1`,
    ].join('\n'),
  )
  const ca = ['-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Partner CA', '-days', '2']
  openssl('req', '-x509', ...ecKey, ...ca)
  openssl('req', '-new', ...ecKey, '-keyout', 'leaf.key', '-subj', '/', '-out', 'leaf.csr')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1']
  openssl('x509', '-req', '-in', 'leaf.csr', ...signed, '-extfile', 'extensions', '-out', 'leaf')
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  return { caFile: file('ca.pem'), cert: read('leaf'), key: read('leaf.key') }
}
