import { Problem, reasonOf } from '@sallyport/problem'
import { actorOf, appsOf } from '../../admin/admin.ts'
import { appendAudit } from '../../audit/audit-log.ts'
import { changed } from '../../audit/change.ts'
import type { Authority } from '../../authority.ts'
import { notFetched } from '../../config/attestation-config.ts'
import { liftedDevices, listedDevices } from '../../trust/listed-devices.ts'
import { reportTrust, type RootReport, type TrustReport } from '../../trust/trust-report.ts'
import { reportReceipts } from '../../receipts/receipts-report.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import {
  AcceptStatusList,
  AttestationStatus,
  ListedDevicePage,
  ListedDeviceQuery,
  RefreshAttestation,
} from './attestation-status-messages.ts'
import { optionalTime, time } from './present.ts'
import { presentReceipts, receiptProblems } from './present-receipts.ts'

const tags = ['attestation']

/** Roots and status list, and the devices that they bring down. */
export function attestationStatusRoutes(api: Api, authority: Authority): void {
  const { store, lanes, trust, receipts, now } = authority
  const status = async (): Promise<AttestationStatus> => {
    const { problems, ...reported } = presentTrust(
      await reportTrust(trust, store.read, now()),
      authority,
    )
    const reports = await reportReceipts(receipts.lanes, store.read, now())
    return {
      ...reported,
      receipts: reports.map(presentReceipts),
      problems: [...problems, ...receiptProblems(reports)],
    }
  }

  api.get(
    '/attestation/status',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getAttestationStatus',
        summary: 'Roots and status list: what is in use, how old it is, and what is wrong',
        response: { 200: AttestationStatus, ...problems(401, 403, 429) },
      },
    },
    status,
  )

  api.post(
    '/attestation/refresh',
    {
      config: { role: 'operator', verb: 'operate' },
      schema: {
        tags,
        operationId: 'refreshAttestation',
        summary:
          'Fetches roots and status list, or reads the snapshot, now; asks for App Attest receipts that are due',
        body: RefreshAttestation,
        response: { 200: AttestationStatus, ...problems(400, 401, 403, 429, 503) },
      },
    },
    () =>
      lanes.run('admin', async () => {
        await Promise.all([trust.refresh(), receipts.retry()])
        return status()
      }),
  )

  api.post(
    '/attestation/status-list/accept',
    {
      config: { role: 'admin', verb: 'operate', agreement: 'always' },
      schema: {
        tags,
        operationId: 'acceptStatusList',
        summary: 'Takes up the status list that was not believed',
        body: AcceptStatusList,
        response: { 200: AttestationStatus, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    (request) =>
      lanes.run('admin', async () => {
        const { sha256 } = request.body
        if (trust.statusList.doubted?.copy.sha256 !== sha256) throw noneSuch(sha256)
        await store.write((tx) =>
          appendAudit(tx, {
            at: now(),
            actor: actorOf(request),
            action: 'status-list.accepted',
            subject: sha256,
            detail: changed({ sha256: trust.statusList.held?.copy.sha256 ?? null }, { sha256 }),
          }),
        )
        if (!(await trust.acceptStatusList(sha256))) throw noneSuch(sha256)
        return status()
      }),
  )

  api.get(
    '/attestation/listed-devices',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listListedDevices',
        summary: 'Devices whose attestation key is on the status list, or was',
        querystring: ListedDeviceQuery,
        response: { 200: ListedDevicePage, ...problems(400, 401, 403, 429) },
      },
    },
    async (request): Promise<ListedDevicePage> => {
      const { state, cursor, limit = 100 } = request.query
      const find = state === 'lifted' ? liftedDevices : listedDevices
      const rows = await find(store.read, { after: cursor, limit, appIds: appsOf(request) })
      const last = rows.length < limit ? undefined : rows.at(-1)
      return {
        devices: rows.map((row) => ({ ...row, handledAt: optionalTime(row.handledAt) })),
        ...(last === undefined ? {} : { nextCursor: `${last.serial} ${last.deviceId}` }),
      }
    },
  )
}

function noneSuch(sha256: string): Problem {
  return new Problem('not_found', { detail: `No status list ${sha256} waits to be accepted` })
}

function presentTrust(
  report: TrustReport,
  { trust }: Authority,
): Omit<AttestationStatus, 'receipts'> {
  const { android } = trust.config.attestation
  const { statusList, roots, devices } = report
  const urlOf = (url: string): string | null =>
    report.takesSnapshot || url === notFetched ? null : url
  const { doubted } = statusList
  return {
    needed: report.isNeeded,
    takesSnapshot: report.takesSnapshot,
    statusList: {
      ...presentDocument(statusList, urlOf(android.statusListUrl)),
      entries: statusList.entries ?? null,
      maxAgeSeconds: Math.round(android.statusListMaxAgeHours * 3_600),
      tooOld: statusList.isTooOld,
      whenTooOld: android.whenTooOld,
      doubted: doubted === undefined ? null : { ...doubted, fetchedAt: time(doubted.fetchedAt) },
    },
    roots: {
      ...presentDocument(roots, urlOf(android.rootsUrl)),
      pinned: roots.pinned.map(presentRoot),
      unpinned: roots.unpinned.map(presentRoot),
      development: roots.development.map(presentRoot),
    },
    devices: {
      onRevokedSerial: android.onRevokedSerial,
      listed: devices.listed,
      waiting: devices.waiting,
      lifted: devices.lifted,
      sweptAt: optionalTime(devices.sweptAt),
      sweepMs: devices.sweepMs ?? null,
    },
    problems: report.problems.map(({ code, about, detail, since }) => {
      const { title, fix } = reasonOf(code)
      return { code, about, title, detail, fix, since: time(since) }
    }),
  }
}

function presentDocument(
  { copy, ageMs, attemptedAt, heldAt, nextAt }: TrustReport['roots' | 'statusList'],
  url: string | null,
) {
  return {
    source: copy?.source ?? null,
    url,
    sha256: copy?.sha256 ?? null,
    fetchedAt: optionalTime(copy?.fetchedAt),
    ageSeconds: ageMs === undefined ? null : Math.round(ageMs / 1_000),
    attemptedAt: optionalTime(attemptedAt),
    heldAt: optionalTime(heldAt),
    nextAttemptAt: optionalTime(nextAt),
  }
}

function presentRoot({ spkiSha256, subject, isTrusted, isPublished }: RootReport) {
  return {
    spkiSha256,
    subject: subject ?? null,
    trusted: isTrusted,
    published: isPublished ?? null,
  }
}
