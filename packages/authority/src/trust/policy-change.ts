import type { Kysely } from 'kysely'
import { canonicalJson } from '../audit/canonical-json.ts'
import { type RevokedSerialPolicy, revokedSerialPolicies } from '../config/attestation-config.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Store } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { TrustConfig } from './trust-keeper.ts'

const settingName = 'revoked_serial_policy'

/** What is done to devices whose key is listed. */
export type SweepPolicy = {
  readonly everyApp: RevokedSerialPolicy
  /** Apps that have another one. */
  readonly byApp: Readonly<Record<string, RevokedSerialPolicy>>
}

/** In mode shadow nothing is refused yet: an operator is told. */
export function sweepPolicy({ apps, attestation }: TrustConfig): SweepPolicy {
  const byApp = Object.entries(apps).flatMap(([appId, { enrollment, attestation: own }]) => {
    const policy = enrollment.mode === 'shadow' ? 'notify' : own.onRevokedSerial
    return policy === undefined ? [] : [[appId, policy] as const]
  })
  return { everyApp: attestation.android.onRevokedSerial, byApp: Object.fromEntries(byApp) }
}

export function policyOf({ everyApp, byApp }: SweepPolicy, appId: string): RevokedSerialPolicy {
  return Object.hasOwn(byApp, appId) ? (byApp[appId] ?? everyApp) : everyApp
}

/**
 * Has the next sweep handle every listed device again where the policy is stricter than it was: who
 * was only told of a stolen key, and now wants its devices suspended, need not wait for the list.
 */
export async function relistWhereStricter(
  store: Store,
  policy: SweepPolicy,
  now: number,
): Promise<void> {
  const value = canonicalJson({ ...policy })
  if ((await readSetting(store.read, settingName)) === value) return
  await store.write(async (tx) => {
    const before = await readSetting(tx, settingName)
    // Written below, by us.
    if (before !== undefined && isStricter(policy, JSON.parse(before) as SweepPolicy)) {
      await relist(tx, now)
    }
    await writeSetting(tx, settingName, value)
  })
}

function isStricter(next: SweepPolicy, before: SweepPolicy): boolean {
  const apps = [...Object.keys(next.byApp), ...Object.keys(before.byApp)]
  const rank = (policy: RevokedSerialPolicy): number => revokedSerialPolicies.indexOf(policy)
  return (
    rank(next.everyApp) > rank(before.everyApp) ||
    apps.some((appId) => rank(policyOf(next, appId)) > rank(policyOf(before, appId)))
  )
}

/** As if every serial that was handled had been listed just now. */
async function relist(tx: Kysely<Tables>, now: number): Promise<void> {
  const handled = await tx
    .selectFrom('status_list as l')
    .crossJoin('attestation_serials as s')
    .whereRef('s.serial', '=', 'l.serial')
    .where('s.handled_at', 'is not', null)
    .select((column) => ['l.serial', column.fn.max('s.handled_at').as('last')])
    .groupBy('l.serial')
    .execute()
  for (const { serial, last } of handled) {
    await tx
      .updateTable('status_list')
      .set({ first_seen_at: Math.max(now, Number(last) + 1) })
      .where('serial', '=', serial)
      .execute()
  }
}
