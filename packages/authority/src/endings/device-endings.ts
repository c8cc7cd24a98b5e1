import type { DeviceStatus } from '@sallyport/wire'
import { endCertificate } from '../devices/certificate-status.ts'
import { canBecome, changeStatuses } from '../devices/device-status.ts'
import {
  bySubject,
  type Ending,
  type EndingContext,
  type NamedRow,
  operator,
  reasonOf,
} from './ending.ts'
import { keepUnregistered } from './unregistered.ts'

/** Ends devices as they had ended. Of those that enrolled since, gateways are told. */
export function endDevices(status: Exclude<DeviceStatus, 'active'>): Ending {
  return async (context, rows) => {
    const { store, now } = context
    const named = bySubject(rows)
    const devices = await store
      .selectFrom('devices')
      .selectAll()
      .where('id', 'in', [...named.keys()])
      .execute()
    const known = new Set(devices.map(({ id }) => id))
    const endable = devices.flatMap((device) => {
      const row = named.get(device.id)
      const last = lastStatus(device.status, status)
      return row === undefined || last === undefined
        ? []
        : [{ device, reason: reasonOf(row), status: last }]
    })
    for (const [last, changes] of Map.groupBy(endable, (one) => one.status)) {
      await changeStatuses(store, changes, { status: last, actor: operator, now })
    }
    const since = [...named.values()].filter(({ subject }) => !known.has(subject))
    return endable.length + (await keepUnregistered(context, since, { kind: 'device', status }))
  }
}

/** A device that was suspended when the backup was made cannot be superseded: it is let in nowhere, for good. */
function lastStatus(from: DeviceStatus, to: DeviceStatus): DeviceStatus | undefined {
  if (canBecome(from, to)) return to
  return to === 'superseded' && canBecome(from, 'revoked') ? 'revoked' : undefined
}

/** Ends certificates of devices as they had ended. Of those that were issued since, gateways are told. */
export function endCertificates(status: 'revoked' | 'superseded'): Ending {
  return async (context, rows) => {
    const named = bySubject(rows)
    const certificates = await context.store
      .selectFrom('certificates')
      .selectAll()
      .where('thumbprint', 'in', [...named.keys()])
      .execute()
    const known = new Set(certificates.map(({ thumbprint }) => thumbprint))
    let ended = 0
    for (const certificate of certificates) {
      const row = named.get(certificate.thumbprint)
      const isEnded = certificate.status === status || certificate.status === 'revoked'
      if (row === undefined || isEnded) continue
      const how = { status, reason: reasonOf(row), actor: operator, now: context.now }
      await endCertificate(context.store, { certificate, ...how })
      ended++
    }
    const since = [...named.values()].filter(({ subject }) => !known.has(subject))
    return ended + (await keepUnregistered(context, since, { kind: 'certificate', status }))
  }
}

/** What gateways had told and somebody confirmed, and the registry of that time had no row of. */
export async function confirmAgain(
  context: EndingContext,
  rows: readonly NamedRow[],
): Promise<number> {
  let ended = 0
  for (const row of rows) {
    const { kind, status } = row.detail
    if (typeof kind !== 'string' || typeof status !== 'string') continue
    const end = ofKind[kind]?.[status]
    if (end !== undefined) ended += await end(context, [row])
  }
  return ended
}

const ofKind: Readonly<Record<string, Readonly<Record<string, Ending>>>> = {
  __proto__: null as never,
  device: {
    __proto__: null as never,
    suspended: endDevices('suspended'),
    superseded: endDevices('superseded'),
    revoked: endDevices('revoked'),
  },
  certificate: {
    __proto__: null as never,
    superseded: endCertificates('superseded'),
    revoked: endCertificates('revoked'),
  },
}
