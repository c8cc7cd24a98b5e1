import { Problem } from '@sallyport/problem'
import type { FastifyRequest } from 'fastify'
import type { AdminTokenRow } from '../store/tables.ts'
import type { Role } from './roles.ts'
import type { Verb } from './verbs.ts'

/** Who calls the admin API, and what they are narrowed to. Undefined: not narrowed. */
export type Admin = {
  readonly id: string
  readonly kind: AdminTokenRow['kind']
  /** For the audit log. */
  readonly actor: string
  /** Two of one person agree on nothing. */
  readonly person: string
  readonly role: Role
  readonly apps: readonly string[] | undefined
  readonly verbs: readonly Verb[] | undefined
  readonly networks: readonly string[] | undefined
  readonly expiresAt: number
  /** Whether two stand behind the call. */
  readonly isAgreed?: boolean
}

/** Closed sets were checked when the row was written. */
export function adminOfRow(row: AdminTokenRow): Admin {
  return {
    id: row.id,
    kind: row.kind,
    actor: row.kind === 'session' ? `operator:${row.label}` : `admin:${row.id}`,
    person: row.person,
    role: row.role as Role,
    apps: readList(row.apps),
    verbs: readList(row.verbs) as Admin['verbs'],
    networks: readList(row.networks),
    expiresAt: row.expires_at,
  }
}

export function readList(text: string | null): readonly string[] | undefined {
  return text === null ? undefined : (JSON.parse(text) as string[])
}

const admins = new WeakMap<FastifyRequest, Admin>()

export function noteAdmin(request: FastifyRequest, admin: Admin): void {
  admins.set(request, admin)
}

/** Who calls a route that is guarded. */
export function adminOf(request: FastifyRequest): Admin {
  const admin = admins.get(request)
  if (admin === undefined) throw new TypeError('The route is not guarded')
  return admin
}

/** Who calls, for the audit log. */
export function actorOf(request: FastifyRequest): string {
  return adminOf(request).actor
}

/**
 * The apps that a list is to be narrowed to; undefined: all of them.
 *
 * @param asked the app that the request itself names
 * @throws Problem `admin_scope_too_narrow`
 */
export function appsOf(request: FastifyRequest, asked?: string): readonly string[] | undefined {
  const { apps } = adminOf(request)
  if (asked === undefined) return apps
  refuseOtherApp(apps, asked)
  return [asked]
}

/** @throws Problem `admin_scope_too_narrow` */
export function refuseOtherApp(apps: Admin['apps'], asked: string | undefined): void {
  if (apps === undefined || (asked !== undefined && apps.includes(asked))) return
  throw new Problem('admin_scope_too_narrow', {
    expected: `something of ${apps.join(' or ')}`,
    found: asked === undefined ? 'something of no app, or of all' : `app ${asked}`,
  })
}
