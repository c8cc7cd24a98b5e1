import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import type { Authority } from '../../authority.ts'

/** The part of a certificate's life in which it should be renewed. */
const window = { from: 2 / 3, to: 5 / 6 } as const

/** How soon a client asks again (RFC 9773 §4.3.1): a revocation is to be noticed within hours. */
export const renewalInfoRetrySeconds = 6 * 3_600

/** RFC 9773 §4.1: key identifier of the issuer, a dot, serial number; each base64url. */
const idForm = /^([A-Za-z0-9_-]{1,60})\.([A-Za-z0-9_-]{1,40})$/

/**
 * When a certificate should be renewed (RFC 9773 §4.2): at once where it ended.
 *
 * @throws Problem `not_found`
 */
export async function renewalInfo(
  { store, now }: Authority,
  appId: string,
  id: string,
): Promise<{ suggestedWindow: { start: string; end: string } }> {
  const [, , text = ''] = idForm.exec(id) ?? []
  const bytes = fromBase64url(text)
  const serial = bytes === undefined ? '' : serialOf(bytes)
  const server = await store.read
    .selectFrom('service_certificates')
    .select(['not_before', 'not_after', 'revoked_at'])
    .where('serial', '=', serial)
    .where('app_id', '=', appId)
    .executeTakeFirst()
  if (server !== undefined) return windowOf(server, server.revoked_at !== null, now())
  const device = await store.read
    .selectFrom('certificates')
    .innerJoin('devices', 'devices.id', 'certificates.device_id')
    .select(['not_before', 'not_after', 'certificates.status'])
    .where('serial', '=', serial)
    .where('certificates.app_id', '=', appId)
    .where('devices.protocol', '=', 'acme')
    .executeTakeFirst()
  if (device !== undefined) return windowOf(device, device.status !== 'active', now())
  throw new Problem('not_found', { detail: 'There is no such certificate' })
}

/** As certificates have it in the store: lower-case hexadecimal without the zeros before it. */
function serialOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/^0+/, '')
}

function windowOf(
  { not_before, not_after }: { not_before: number; not_after: number },
  isOver: boolean,
  now: number,
) {
  const at = (part: number) => not_before + (not_after - not_before) * part
  const time = (milliseconds: number) => new Date(Math.floor(milliseconds)).toISOString()
  const [start, end] = isOver ? [now - 60_000, now - 1_000] : [at(window.from), at(window.to)]
  return { suggestedWindow: { start: time(start), end: time(end) } }
}
