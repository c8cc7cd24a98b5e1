import { createPrivateKey, X509Certificate } from 'node:crypto'

/** Why a TLS listener could not use a certificate with a key, both PEM; undefined where it can. */
export function keyPairFault(certificate: string, key: string): string | undefined {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
      ? undefined
      : 'a key of another certificate'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
