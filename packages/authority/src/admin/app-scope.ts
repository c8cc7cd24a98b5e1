import { Problem } from '@sallyport/problem'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { findCertificate } from '../devices/certificate-status.ts'
import { findServiceCertificate } from '../protocols/acme/service-certificates.ts'
import type { Tables } from '../store/tables.ts'
import { type Admin, refuseOtherApp } from './admin.ts'

/** How the app is found that a request is about. A route without one is closed to whoever is narrowed to apps. */
export type AppScope = keyof typeof scopes

type Scope = (asked: Asked, store: Kysely<Tables>) => Promise<void> | void
type Asked = { apps: readonly string[]; params: Members; query: Members; body: Members }
type Members = Readonly<Record<string, unknown>>

const scopes = {
  /** Of no app, and it tells of none. */
  shared: () => undefined,
  /** The route itself tells only of what `appsOf` names. */
  filtered: () => undefined,
  device: ofRow('device', 'devices'),
  approval: ofRow('approval', 'approvals'),
  appraisal: ofRow('appraisal', 'appraisals'),
  enrollmentToken: ofRow('enrolment token', 'enrollment_tokens'),
  acmeCredential: ofRow('ACME credential', 'acme_credentials'),
  mdmCredential: ofRow('MDM credential', 'mdm_credentials'),
  serviceCertificate: async ({ apps, params }, store) => {
    const row = await findServiceCertificate(store, textOf(params, 'id'))
    const isWithin = row !== undefined && apps.includes(row.app_id)
    if (!isWithin) throw noSuch('certificate', textOf(params, 'id'))
  },
  certificate: async ({ apps, params }, store) => {
    const { app_id: appId } = await findCertificate(store, textOf(params, 'id'))
    if (!apps.includes(appId)) throw noSuch('certificate', textOf(params, 'id'))
  },
  change: async ({ apps, params }, store) => {
    const seq = Number(params['seq'])
    const appId = await appOfChange(store, seq)
    if (appId === undefined || !apps.includes(appId)) throw noSuch('change', String(seq))
  },
  bodyApp: ({ apps, body }) => refuseOtherApp(apps, optionalText(body, 'appId')),
  bodyDevice: ({ apps, body }, store) => ofDevice(apps, optionalText(body, 'deviceId'), store),
  queryDevice: ({ apps, query }, store) => ofDevice(apps, optionalText(query, 'deviceId'), store),
} satisfies Record<string, Scope>

/**
 * Refuses whoever is narrowed to apps what is of another. Of a thing with an id that says no more than that
 * there is none of it. Routes that name no way to find their app were refused before.
 *
 * @throws Problem `admin_scope_too_narrow`, `not_found`
 */
export async function refuseOutsideApps(
  store: Kysely<Tables>,
  { apps }: Admin,
  request: FastifyRequest,
): Promise<void> {
  const { app } = request.routeOptions.config
  if (apps === undefined || app === undefined) return
  const { params, query, body } = request
  const asked = { apps, params: membersOf(params), query: membersOf(query), body: membersOf(body) }
  const scope: Scope = scopes[app]
  await scope(asked, store)
}

function ofRow(
  thing: string,
  table:
    | 'devices'
    | 'approvals'
    | 'appraisals'
    | 'enrollment_tokens'
    | 'acme_credentials'
    | 'mdm_credentials',
): Scope {
  return async ({ apps, params }, store) => {
    const id = textOf(params, 'id')
    const row = await store
      .selectFrom(table)
      .select('app_id')
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined || !apps.includes(row.app_id)) throw noSuch(thing, id)
  }
}

async function ofDevice(
  apps: readonly string[],
  deviceId: string | undefined,
  store: Kysely<Tables>,
): Promise<void> {
  if (deviceId === undefined) return refuseOtherApp(apps, undefined)
  const row = await store
    .selectFrom('devices')
    .select('app_id')
    .where('id', '=', deviceId)
    .executeTakeFirst()
  if (row === undefined || !apps.includes(row.app_id)) throw noSuch('device', deviceId)
}

/** Undefined where it is of no app, or of several. */
async function appOfChange(store: Kysely<Tables>, seq: number): Promise<string | undefined> {
  const change = await store
    .selectFrom('changes')
    .select(['kind', 'key'])
    .where('seq', '=', seq)
    .executeTakeFirst()
  if (change === undefined) return undefined
  const { kind, key } = change
  const row =
    kind === 'certificate'
      ? store.selectFrom('certificates').select('app_id').where('thumbprint', '=', key)
      : kind === 'device' || kind === 'deviceTokens'
        ? store.selectFrom('devices').select('app_id').where('id', '=', key)
        : undefined
  return (await row?.executeTakeFirst())?.app_id
}

function noSuch(thing: string, id: string): Problem {
  return new Problem('not_found', { detail: `No ${thing} ${id}` })
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}

function optionalText(members: Members, name: string): string | undefined {
  const value = Object.hasOwn(members, name) ? members[name] : undefined
  return typeof value === 'string' ? value : undefined
}

function textOf(members: Members, name: string): string {
  return optionalText(members, name) ?? ''
}
