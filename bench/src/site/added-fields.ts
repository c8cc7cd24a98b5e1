import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { certificatesOf } from './certificates-of.ts'
import type { Site } from './site.ts'

/**
 * The fields that every gateway adds to a request. What a gateway can take from the connection it takes
 * from there; of the rest, Sallyport computes its own and a peer is given constants of the same length,
 * which is in the peer's favour.
 */
export const addedFieldNames = [
  'Client-Cert',
  'Client-Cert-Chain',
  'Sallyport-Device',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Request-Id',
  'traceparent',
] as const

/** What a peer without an idea of a device says of it. */
export function constantFields(site: Site): { chain: string; device: string; traceparent: string } {
  const [uri = ''] = /(?<=URI:)[^,]+/.exec(deviceCertificate(site).subjectAltName ?? '') ?? []
  const [, app = 'app', id = 'device'] = /\/app\/([^/]+)\/device\/([^/]+)$/.exec(uri) ?? []
  const chain = certificatesOf(site.deviceCaFile)
    .map((der) => `:${der.toString('base64')}:`)
    .at(-1)
  return {
    chain: chain ?? '',
    device: `"${id}";app="${app}";assurance=software`,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00',
  }
}

function deviceCertificate(site: Site): X509Certificate {
  return new X509Certificate(readFileSync(site.device.certificateFile))
}
