import type { StatusPacker } from '@sallyport/wire/status'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/**
 * What was decided about statuses that gateways had kept from another epoch, and that the registry itself has
 * no row to say: what was confirmed, as it was; what was let go, as active.
 */
export async function packConfirmations(
  read: Kysely<Tables>,
  packer: StatusPacker,
  endedAt: number,
): Promise<void> {
  const rows = await read
    .selectFrom('unconfirmed_status')
    .select(['kind', 'key', 'status', 'until', 'issued_until', 'decision'])
    .where('decision', 'in', ['kept', 'dropped'])
    .where('until', '>', endedAt)
    .execute()
  for (const { kind, key, status, until, issued_until, decision } of rows) {
    packer.add(key, {
      kind,
      status: decision === 'kept' ? status : 'active',
      until,
      issuedUntil: issued_until ?? undefined,
    })
  }
}
