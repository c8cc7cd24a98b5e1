import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import { actorOf, appsOf } from '../../admin/admin.ts'
import { makerOf } from '../../admin/maker.ts'
import type { SecondPerson } from '../../admin/proposals/second-person.ts'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import {
  createAcmeCredential,
  credentialKeyText,
  newCredentialId,
  revokeAcmeCredential,
} from '../../protocols/acme/credentials.ts'
import {
  findServiceCertificate,
  revokeServiceCertificate,
} from '../../protocols/acme/service-certificates.ts'
import { readPage } from '../../store/page.ts'
import type { AcmeCredentialRow, ServiceCertificateRow } from '../../store/tables.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import {
  AdminAcmeCredential,
  AdminServiceCertificate,
  CreatedAcmeCredential,
  NewAcmeCredential,
} from './acme-messages.ts'
import { IdParams, Reason } from './messages.ts'
import { AppPageQuery, NextCursor, nextCursorOf } from './page-messages.ts'
import { presentProposal } from './present-proposal.ts'
import { Proposed } from './proposal-messages.ts'
import { optionalTime, time } from './present.ts'

const tags = ['acme']
const defaultSeconds = 86_400

/** What lets ACME accounts in, and what servers were given. */
export function acmeRoutes(api: Api, authority: Authority, second: SecondPerson): void {
  credentialRoutes(api, authority)
  serviceCertificateRoutes(api, authority, second)
}

function credentialRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now, challengeKey } = authority

  api.get(
    '/acme/credentials',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listAcmeCredentials',
        summary:
          'Credentials that ACME accounts are made with, newest first; their keys are not kept',
        querystring: AppPageQuery,
        response: {
          200: Type.Object({
            credentials: Type.Array(AdminAcmeCredential),
            nextCursor: NextCursor,
          }),
          ...problems(400, 401, 403, 429),
        },
      },
    },
    async (request) => {
      const appIds = appsOf(request, request.query.appId)
      const page = await readPage(
        store.read
          .selectFrom('acme_credentials')
          .selectAll()
          .$if(appIds !== undefined, (query) => query.where('app_id', 'in', appIds ?? [])),
        { time: 'created_at', id: 'id', direction: 'desc' },
        request.query,
      )
      const counts = await countAccounts(authority, page.rows)
      return {
        credentials: page.rows.map((row) => present(row, counts.get(row.id) ?? 0, now())),
        ...nextCursorOf(page),
      }
    },
  )

  api.post(
    '/acme/credentials',
    {
      config: { role: 'operator', verb: 'enroll', app: 'bodyApp' },
      schema: {
        tags,
        operationId: 'createAcmeCredential',
        summary: 'Makes a credential that ACME accounts are made with. Its key is told once',
        body: NewAcmeCredential,
        response: { 201: CreatedAcmeCredential, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const { appId, label = '', lifetimeSeconds = defaultSeconds } = request.body
      if (appOf(authority.config.apps, appId).protocols.acme === undefined) {
        throw new Problem('not_found', {
          detail: `The authority that runs has no apps.${appId}.protocols.acme: add it, and reload or restart it`,
        })
      }
      const expiresAt = now() + lifetimeSeconds * 1_000
      const id = newCredentialId(challengeKey)
      const order = { id, appId, label, expiresAt, by: makerOf(request), now: now() }
      const row = await lanes.run('admin', () =>
        store.write((tx) => createAcmeCredential(tx, order)),
      )
      const key = credentialKeyText(challengeKey, row.id)
      return reply.code(201).send({ credential: present(row, 0, now()), key })
    },
  )

  api.post(
    '/acme/credentials/:id/revoke',
    {
      config: { role: 'operator', verb: 'enroll', app: 'acmeCredential' },
      schema: {
        tags,
        operationId: 'revokeAcmeCredential',
        summary: 'Revokes a credential, and ends the accounts that were made with it',
        params: IdParams,
        body: Reason,
        response: { 200: AdminAcmeCredential, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request) => {
      const { reason } = request.body
      const order = { id: request.params.id, reason, actor: actorOf(request), now: now() }
      const row = await lanes.run('admin', () =>
        store.write((tx) => revokeAcmeCredential(tx, order)),
      )
      const counts = await countAccounts(authority, [row])
      return present(row, counts.get(row.id) ?? 0, now())
    },
  )
}

function serviceCertificateRoutes(
  api: Api,
  { store, lanes, now }: Authority,
  second: SecondPerson,
): void {
  api.get(
    '/acme/service-certificates',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listServiceCertificates',
        summary: 'Certificates of servers that ACME issued, newest first',
        querystring: AppPageQuery,
        response: {
          200: Type.Object({
            serviceCertificates: Type.Array(AdminServiceCertificate),
            nextCursor: NextCursor,
          }),
          ...problems(400, 401, 403, 429),
        },
      },
    },
    async (request) => {
      const appIds = appsOf(request, request.query.appId)
      const page = await readPage(
        store.read
          .selectFrom('service_certificates')
          .selectAll()
          .$if(appIds !== undefined, (query) => query.where('app_id', 'in', appIds ?? [])),
        { time: 'issued_at', id: 'thumbprint', direction: 'desc' },
        request.query,
      )
      return { serviceCertificates: page.rows.map(presentServer), ...nextCursorOf(page) }
    },
  )

  api.post(
    '/acme/service-certificates/:id/revoke',
    {
      config: { role: 'operator', verb: 'revoke', app: 'serviceCertificate' },
      schema: {
        tags,
        operationId: 'revokeServiceCertificate',
        summary: 'Revokes a certificate of a server, by its thumbprint',
        params: IdParams,
        body: Reason,
        response: {
          200: AdminServiceCertificate,
          202: Proposed,
          ...problems(400, 401, 403, 404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const revoked = await lanes.run('admin', () =>
        store.write(async (tx) => {
          const why = await second.needs(tx, request, { isRevocation: true })
          if (why !== undefined) return why
          const certificate = await findServiceCertificate(tx, request.params.id)
          if (certificate === undefined) {
            throw new Problem('not_found', { detail: `No certificate ${request.params.id}` })
          }
          const { reason } = request.body
          const order = { certificate, reason, actor: actorOf(request), now: now() }
          return presentServer(await revokeServiceCertificate(tx, order))
        }),
      )
      if (typeof revoked !== 'string') return revoked
      const proposal = await second.propose(request, reply, revoked)
      return { proposal: presentProposal(proposal, now()) }
    },
  )
}

async function countAccounts(
  { store }: Authority,
  rows: readonly AcmeCredentialRow[],
): Promise<Map<string | null, number>> {
  if (rows.length === 0) return new Map()
  const counts = await store.read
    .selectFrom('acme_accounts')
    .select((row) => ['credential_id', row.fn.countAll<number | string | bigint>().as('count')])
    .where(
      'credential_id',
      'in',
      rows.map(({ id }) => id),
    )
    .groupBy('credential_id')
    .execute()
  return new Map(counts.map(({ credential_id, count }) => [credential_id, Number(count)]))
}

function present(row: AcmeCredentialRow, accounts: number, now: number): AdminAcmeCredential {
  const isExpired = row.expires_at <= now
  return {
    id: row.id,
    appId: row.app_id,
    label: row.label,
    status: row.revoked_at !== null ? 'revoked' : isExpired ? 'expired' : 'usable',
    createdAt: time(row.created_at),
    createdBy: row.created_by,
    madeBy: row.made_by,
    expiresAt: time(row.expires_at),
    revokedAt: optionalTime(row.revoked_at),
    accounts,
  }
}

function presentServer(row: ServiceCertificateRow): AdminServiceCertificate {
  return {
    thumbprint: row.thumbprint,
    serial: row.serial,
    appId: row.app_id,
    // Written by us.
    names: JSON.parse(row.names) as string[],
    accountId: row.account_id,
    issuedAt: time(row.issued_at),
    notAfter: time(row.not_after),
    revokedAt: optionalTime(row.revoked_at),
    reason: row.reason,
  }
}
