import { isProblem, Problem, type ReasonCode } from '@sallyport/problem'
import type { FastifyRequest } from 'fastify'
import type { Api } from '../api/api-server.ts'
import { addressOf } from '../api/caller.ts'
import type { Authority } from '../authority.ts'
import type { AdminTokenRow } from '../store/tables.ts'
import { AddressLimiter } from './address-limiter.ts'
import { authenticateAdmin } from './admin-token.ts'
import { hasRole, type Role } from './roles.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may call a route of the admin API. */
    role?: Role
  }
}

/** What limits each way to have no token that counts. */
type Failures = Partial<Record<ReasonCode, AddressLimiter>>

const admins = new WeakMap<FastifyRequest, AdminTokenRow>()

/**
 * Lets nothing through to the routes of an admin API without a token of the role that each route
 * names. A route that names none cannot be added.
 */
export function guardAdmin(api: Api, authority: Authority): void {
  // Limits of their own: whoever has no token, on a machine that operators share, keeps none of them out.
  const requests = new AddressLimiter({ perSecond: 50, burst: 200 })
  const failures: Failures = {
    admin_token_required: new AddressLimiter({ perSecond: 50, burst: 200 }),
    admin_token_invalid: new AddressLimiter({ perSecond: 1, burst: 20 }),
  }
  api.addHook('onRoute', (route) => {
    if (route.config?.role === undefined) throw new TypeError(`No role for ${route.url}`)
  })
  api.addHook('onRequest', async (request) => {
    const admin = await authenticate(authority, request, failures)
    requests.take(addressOf(request))
    const role = request.routeOptions.config.role
    if (role === undefined || !hasRole(admin.role, role)) {
      throw new Problem('admin_role_too_low', { expected: role ?? 'no one', found: admin.role })
    }
    admins.set(request, admin)
  })
}

async function authenticate(
  authority: Authority,
  request: FastifyRequest,
  failures: Failures,
): Promise<AdminTokenRow> {
  const { authorization } = request.headers
  try {
    return await authenticateAdmin(authority.store.read, authorization, authority.now())
  } catch (error) {
    if (isProblem(error)) failures[error.code]?.take(addressOf(request))
    throw error
  }
}

/** Who calls, for the audit log. */
export function actorOf(request: FastifyRequest): string {
  const admin = admins.get(request)
  if (admin === undefined) throw new TypeError('The route is not guarded')
  return `admin:${admin.id}`
}
