import { embeddedCertificates, type IssuedCertificate, type ScanResult } from '@sallyport/scanner'
import type { AdminClient } from '../admin/admin-client.ts'
import { ifFound } from '../admin/if-found.ts'

/** More certificates than that in one package are a bundle of CAs, and none of ours. */
const maxAsked = 500

/**
 * Which certificates of a package this authority issued to a device. Their thumbprints are sent to it, and nothing
 * else.
 *
 * @throws Problem `connection_failed`, and what the authority refuses with
 */
export async function issuedCertificates(
  { findings }: ScanResult,
  client: AdminClient,
): Promise<IssuedCertificate[]> {
  const issued: IssuedCertificate[] = []
  for (const { thumbprint, subject, hasKey } of embeddedCertificates(findings).slice(0, maxAsked)) {
    const known = await ifFound(client.call('getCertificate', { path: { id: thumbprint } }))
    if (known === undefined) continue
    const { deviceId, appId, status } = known
    const isOver = status === 'revoked' || status === 'superseded'
    issued.push({
      thumbprint,
      subject,
      hasKey,
      deviceId,
      appId,
      status,
      ...(isOver
        ? {}
        : { revoke: `sallyport devices revoke ${deviceId} --reason "it ships in the app"` }),
    })
  }
  return issued
}
