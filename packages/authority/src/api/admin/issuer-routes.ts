import { certificatesFromPem, toPem } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { appIdPattern, issuerKinds } from '@sallyport/wire'
import Type from 'typebox'
import { actorOf, appsOf } from '../../admin/admin.ts'
import type { Authority } from '../../authority.ts'
import { appOf } from '../../config/app-of.ts'
import { withdrawIssuer } from '../../issuers/end-issuer.ts'
import { makeIssuer, readIssuers } from '../../issuers/ensure-issuers.ts'
import { importIssuer, importRoot } from '../../issuers/import-issuer.ts'
import { trustedIssuer } from '../../issuers/trusted-issuer.ts'
import { lanePattern } from '../../signer/key-names.ts'
import type { IssuerRow } from '../../store/tables.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminIssuer, AdminIssuerRequest, AdminRoot, Reason } from './messages.ts'
import { time } from './present.ts'

const tags = ['issuers']
const Pem = Type.String({ maxLength: 20_000, description: 'PEM' })
const AnnouncedMinutes = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 90 * 24 * 60,
    description: 'How long it is announced before it issues (1), where another issues now',
  }),
)
const announcement = (minutes: number | undefined) =>
  minutes === undefined ? {} : { announcedMs: minutes * 60_000 }

/** A CA that issues soon, or the request that its root is to answer. */
const Made = Type.Object({
  issuer: Type.Optional(AdminIssuer),
  request: Type.Optional(AdminIssuerRequest),
})

/** The CAs that issue device certificates: what a certificate is explained with, and their life. */
export function issuerRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now } = authority

  api.get(
    '/issuers',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listIssuers',
        summary: 'The CAs of this deployment that issue device certificates, revoked ones included',
        response: {
          200: Type.Object({
            issuers: Type.Array(AdminIssuer),
            requests: Type.Array(AdminIssuerRequest),
            roots: Type.Array(AdminRoot),
          }),
          ...problems(401, 403, 429),
        },
      },
    },
    async (request) => {
      const apps = appsOf(request)
      const rows = await readIssuers(store.read)
      const made = rows
        .filter((row) => apps === undefined || apps.includes(row.app_id))
        .map(presentMade)
      return {
        issuers: made.flatMap(({ issuer }) => issuer ?? []),
        requests: made.flatMap(({ request }) => request ?? []),
        roots: (await store.read.selectFrom('roots').selectAll().orderBy('kind').execute()).map(
          ({ kind, certificate }) => ({ kind, certificate: toPem('CERTIFICATE', certificate) }),
        ),
      }
    },
  )

  api.post(
    '/issuers',
    {
      config: { role: 'admin', agreement: 'always' },
      schema: {
        tags,
        operationId: 'makeIssuer',
        summary:
          'Makes one more CA, which issues in place of the one before a minute later; or a request, where the key of its root is elsewhere',
        body: Type.Object(
          {
            appId: Type.String({ pattern: appIdPattern }),
            kind: Type.Optional(Type.Enum([...issuerKinds], { default: 'device' })),
            lane: Type.Optional(Type.String({ pattern: lanePattern, default: '' })),
            announcedMinutes: AnnouncedMinutes,
          },
          { additionalProperties: false },
        ),
        response: { 200: Made, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    (request) =>
      lanes.run('admin', async () => {
        const { appId, kind = 'device', lane = '', announcedMinutes } = request.body
        const { trustDomain, apps } = authority.config
        appOf(apps, appId)
        const actor = actorOf(request)
        const facts = { trustDomain, now: now(), actor, ...announcement(announcedMinutes) }
        const row = await makeIssuer(store, authority.signer, { appId, kind, lane }, facts)
        await authority.refreshIssuers()
        return presentMade(row)
      }),
  )

  api.post(
    '/issuers/import',
    {
      config: { role: 'admin', agreement: 'always' },
      schema: {
        tags,
        operationId: 'importIssuer',
        summary: 'Brings the certificate that a root issued for a request of a CA',
        body: Type.Object(
          { certificate: Pem, announcedMinutes: AnnouncedMinutes },
          { additionalProperties: false },
        ),
        response: { 200: AdminIssuer, ...problems(400, 401, 403, 409, 429, 503) },
      },
    },
    (request) =>
      lanes.run('admin', async () => {
        const actor = actorOf(request)
        const der = certificateIn(request.body.certificate)
        return presentIssuer(
          await importIssuer(authority, {
            der,
            actor,
            ...announcement(request.body.announcedMinutes),
          }),
        )
      }),
  )

  api.post(
    '/roots/:kind/import',
    {
      config: { role: 'admin', agreement: 'always' },
      schema: {
        tags,
        operationId: 'importRoot',
        summary:
          'Brings the certificate of a root whose key is kept elsewhere: new CAs are requested of it',
        params: Type.Object({ kind: Type.Enum(['device', 'development']) }),
        body: Type.Object({ certificate: Pem }, { additionalProperties: false }),
        response: {
          200: Type.Object({ thumbprint: Type.String(), notAfter: Type.String() }),
          ...problems(400, 401, 403, 409, 429, 503),
        },
      },
    },
    (request) =>
      lanes.run('admin', async () => {
        const actor = actorOf(request)
        const der = certificateIn(request.body.certificate)
        const root = await importRoot(authority, { der, kind: request.params.kind, actor })
        return { thumbprint: root.thumbprint, notAfter: time(root.notAfter) }
      }),
  )

  api.post(
    '/issuers/:id/withdraw',
    {
      config: { role: 'admin', agreement: 'always' },
      schema: {
        tags,
        operationId: 'withdrawIssuer',
        summary: 'Withdraws a CA: nothing that it issued is believed, and nothing brings it back',
        params: Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) }),
        body: Reason,
        response: {
          200: Type.Object({ made: Type.Array(Made) }),
          ...problems(400, 401, 403, 404, 429, 503),
        },
      },
    },
    (request) =>
      lanes.run('admin', async () => {
        const { id } = request.params
        const { reason = '' } = request.body
        const order = { id, reason, actor: actorOf(request) }
        const { made } = await withdrawIssuer(authority, order)
        return { made: made.map(presentMade) }
      }),
  )
}

/** The first of the text: what follows it may be its chain. */
function certificateIn(pem: string): Buffer {
  try {
    const [certificate] = certificatesFromPem(pem)
    if (certificate !== undefined) return certificate.der
  } catch (cause) {
    if (!isProblem(cause)) throw cause
    const { found } = cause
    throw new Problem('issuer_certificate_refused', {
      expected: 'a certificate in PEM',
      ...(found === undefined ? {} : { found }),
      cause,
    })
  }
  throw new Problem('issuer_certificate_refused', { expected: 'a certificate in PEM' })
}

function presentMade(row: IssuerRow): {
  issuer?: AdminIssuer
  request?: AdminIssuerRequest
} {
  if (row.status !== 'pending')
    return row.certificate.length === 0 ? {} : { issuer: presentIssuer(row) }
  const { id, kind, app_id: appId, lane, trust_domain: trustDomain } = row
  const request = toPem('CERTIFICATE REQUEST', Buffer.from(row.request ?? []))
  return { request: { id, kind, appId, lane, trustDomain, request } }
}

function presentIssuer(row: IssuerRow): AdminIssuer {
  return {
    ...trustedIssuer(row),
    id: row.id,
    lane: row.lane,
    status: row.status === 'pending' ? 'revoked' : row.status,
    notBefore: time(row.not_before),
    notAfter: time(row.not_after),
    issuesFrom: time(row.issues_from),
  }
}
