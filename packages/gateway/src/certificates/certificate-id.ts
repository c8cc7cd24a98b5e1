import { X509Certificate } from 'node:crypto'

/** SHA-256 of the first certificate of a PEM file: what an OCSP response is kept under. */
export function certificateId(pem: string): string {
  return new X509Certificate(pem).fingerprint256
}
