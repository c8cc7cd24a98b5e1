import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { keyPairFault } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { fileOf, type GatewayConfig } from './gateway-config.ts'

/** A file that a member of the configuration names. `pointer` is the member (RFC 6901). */
export type NamedFile = { readonly pointer: string; readonly file: string }

/** @throws Problem `config_unreadable`, at the place of the member */
export function readNamedBytes(config: GatewayConfig, { pointer, file }: NamedFile): Buffer {
  try {
    return readFileSync(fileOf(config, file))
  } catch (cause) {
    const said = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    const { message } = config.problem(pointer, `${fileOf(config, file)}: ${said}`)
    throw new Problem('config_unreadable', { detail: message, cause })
  }
}

/**
 * CA certificates in PEM. OpenSSL passes over what it cannot read, and then trusts nobody without a word.
 *
 * @throws Problem `config_unreadable`, `config_invalid`
 */
export function readCaFile(config: GatewayConfig, named: NamedFile): string {
  const pem = readNamedBytes(config, named).toString('utf8')
  try {
    void new X509Certificate(pem)
  } catch (error) {
    throw config.problem(named.pointer, 'the file holds no certificate', {
      expected: 'one or more CA certificates in PEM',
      found: error instanceof Error ? error.message : String(error),
    })
  }
  return pem
}

/** @throws Problem `config_unreadable`; `config_invalid` where the key is not that of the certificate */
export function readKeyPair(
  config: GatewayConfig,
  pointer: string,
  files: { readonly certificateFile: string; readonly keyFile: string },
): { certificate: string; key: string } {
  const { certificateFile, keyFile } = files
  const read = (member: string, file: string) =>
    readNamedBytes(config, { pointer: `${pointer}/${member}`, file }).toString('utf8')
  const certificate = read('certificateFile', certificateFile)
  const key = read('keyFile', keyFile)
  const found = keyPairFault(certificate, key)
  if (found === undefined) return { certificate, key }
  throw config.problem(pointer, 'certificate and key cannot be used together', {
    expected: 'a certificate in PEM, and its private key in PEM',
    found,
  })
}
