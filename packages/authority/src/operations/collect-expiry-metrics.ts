import { parseCertificate } from '@sallyport/pki'
import { readIssuers } from '../issuers/ensure-issuers.ts'
import type { Authority } from '../authority.ts'
import type { Sample } from './metrics.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** When a certificate ends, as Prometheus has times: seconds since 1970. */
export const expiryHelp = 'When a certificate ends, in seconds since 1970'

/**
 * Registers what answers "does anything expire": CAs, and the certificates of devices that nobody renewed. Those
 * of listeners and gateways are told of by whoever holds them.
 */
export function collectExpiryMetrics({ metrics, store, now }: Authority): void {
  metrics.collect({
    name: 'sallyport_authority_ca_expiry_timestamp_seconds',
    help: `${expiryHelp}: of roots, of CAs that issue, and of registration authorities of SCEP`,
    kind: 'gauge',
    collect: async () => [
      ...(await rootSamples(store.read)),
      ...(await issuerSamples(store.read)),
      ...(await registrationSamples(store.read)),
    ],
  })
  metrics.collect({
    name: 'sallyport_authority_devices_ending',
    help: 'Active devices whose last certificate ended, in the last day or ever, or ends within a day: they did not renew',
    kind: 'gauge',
    collect: () =>
      Promise.all(
        Object.entries(windows).map(async ([when, [fromMs, untilMs]]) => ({
          labels: { when },
          value: await countEnding(store.read, now() + fromMs, now() + untilMs),
        })),
      ),
  })
}

/** Milliseconds from now on. */
const windows = {
  ended: [Number.NEGATIVE_INFINITY, 0],
  ended_within_day: [-dayMs, 0],
  ends_within_day: [0, dayMs],
} as const satisfies Readonly<Record<string, readonly [number, number]>>

type Read = Authority['store']['read']

async function countEnding(read: Read, from: number, until: number): Promise<number> {
  const { devices } = await read
    .selectFrom('devices')
    .select((column) => column.fn.countAll<number>().as('devices'))
    .where('status', '=', 'active')
    .where('expires_at', '>', Math.max(0, from))
    .where('expires_at', '<=', until)
    .executeTakeFirstOrThrow()
  return Number(devices)
}

async function rootSamples(read: Read): Promise<Sample[]> {
  const roots = await read.selectFrom('roots').selectAll().execute()
  return roots.map(({ kind, certificate }) =>
    expiry('root', `${kind}-root`, parseCertificate(certificate).notAfter),
  )
}

/** Of those that were followed by another the certificates end before them. */
async function issuerSamples(read: Read): Promise<Sample[]> {
  const issuers = await readIssuers(read)
  return issuers
    .filter(({ status, certificate }) => status === 'active' && certificate.length > 0)
    .map((row) => expiry('issuer', row.key_name, row.not_after))
}

/** The newest of each CA: it is followed by itself, while the authority runs. */
async function registrationSamples(read: Read): Promise<Sample[]> {
  const newest = await read
    .selectFrom('scep_ras')
    .innerJoin('issuers', 'issuers.id', 'scep_ras.issuer_id')
    .select((column) => ['issuers.key_name', column.fn.max('scep_ras.not_after').as('not_after')])
    .where('issuers.status', '=', 'active')
    .groupBy('issuers.key_name')
    .execute()
  return newest.map((row) => expiry('registration', row.key_name, row.not_after))
}

function expiry(kind: string, name: string, notAfter: number): Sample {
  return { labels: { kind, name }, value: Math.floor(notAfter / 1_000) }
}
