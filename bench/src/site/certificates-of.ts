import { readFileSync } from 'node:fs'

const pemCertificate = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g

/** The certificates of a PEM file, DER, in order. */
export function certificatesOf(file: string): Buffer[] {
  return Array.from(readFileSync(file, 'utf8').matchAll(pemCertificate), ([, base64 = '']) =>
    Buffer.from(base64, 'base64'),
  )
}
