import { isProblem, Problem, type ReasonCode } from '@sallyport/problem'
import type { FastifyRequest } from 'fastify'
import type { Api } from '../api/api-server.ts'
import { presentProposal } from '../api/admin/present-proposal.ts'
import { addressOf } from '../api/caller.ts'
import type { Authority } from '../authority.ts'
import type { AdminTokenRow } from '../store/tables.ts'
import { AddressLimiter } from './address-limiter.ts'
import { type Admin, adminOf, adminOfRow, noteAdmin, refuseOtherApp } from './admin.ts'
import { authenticateAdmin } from './admin-token.ts'
import { AdminUse } from './admin-use.ts'
import { type AppScope, refuseOutsideApps } from './app-scope.ts'
import { isInNetworks } from './networks.ts'
import type { SecondPerson } from './proposals/second-person.ts'
import { hasRole, type Role } from './roles.ts'
import { type Verb, verbOf } from './verbs.ts'

export { actorOf } from './admin.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may call a route of the admin API. */
    role?: Role
    /** What it does: without it a GET reads, and anything else administers. */
    verb?: Verb
    /** How its app is found. */
    app?: AppScope
    /** Whether it is kept as a proposal until a second person agrees. */
    agreement?: 'always'
    /** Whether the first token, which is good for one call, opens it. */
    takesFirstToken?: boolean
  }
}

/** What limits each way to have no token that counts. */
type Failures = Partial<Record<ReasonCode, AddressLimiter>>

/**
 * Lets nothing through to the routes of an admin API without a token of the role that each route
 * names, and within what the token is narrowed to. A route that names no role cannot be added.
 */
export function guardAdmin(api: Api, authority: Authority, second: SecondPerson): void {
  // Limits of their own: whoever has no token, on a machine that operators share, keeps none of them out.
  const requests = new AddressLimiter({ perSecond: 50, burst: 200 })
  const failures: Failures = {
    admin_token_required: new AddressLimiter({ perSecond: 50, burst: 200 }),
    admin_token_invalid: new AddressLimiter({ perSecond: 1, burst: 20 }),
  }
  const use = new AdminUse(authority)
  api.addHook('onRoute', (route) => {
    if (route.config?.role === undefined) throw new TypeError(`No role for ${route.url}`)
  })
  api.addHook('onRequest', async (request) => {
    const agreed = second.takeAgreed(request.headers.authorization)
    const admin = agreed ?? (await authenticate(authority, request, failures))
    if (agreed === undefined) requests.take(addressOf(request))
    refuseNarrowed(admin, request)
    noteAdmin(request, admin)
    use.note(admin)
  })
  // Once the message is known to be one: it may name the app.
  api.addHook('preHandler', (request) =>
    refuseOutsideApps(authority.store.read, adminOf(request), request),
  )
  api.addHook('preHandler', async (request, reply) => {
    if (request.routeOptions.config.agreement !== 'always' || second.isEnough(request)) return
    const why = `${operationOf(request)} is for two`
    const proposal = await second.propose(request, reply, why)
    await reply.send({ proposal: presentProposal(proposal, authority.now()) })
  })
}

async function authenticate(
  authority: Authority,
  request: FastifyRequest,
  failures: Failures,
): Promise<Admin> {
  const { authorization } = request.headers
  try {
    const row = await authenticateAdmin(authority.store.read, authorization, authority.now())
    refuseEndedSignIn(row, authority)
    return adminOfRow(row)
  } catch (error) {
    if (isProblem(error)) failures[error.code]?.take(addressOf(request))
    throw error
  }
}

function operationOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.schema?.operationId ?? ''
}

/** Where people sign in no more, their sessions are over. */
function refuseEndedSignIn({ kind }: AdminTokenRow, { config }: Authority): void {
  if (kind !== 'session' || config.authority.admin.signIn !== undefined) return
  const expected = 'a token: authority.admin.signIn is not configured any more'
  throw new Problem('admin_token_invalid', { expected, found: 'a session' })
}

/** @throws Problem `admin_token_first`, `admin_network_refused`, `admin_role_too_low`, `admin_scope_too_narrow` */
function refuseNarrowed(admin: Admin, request: FastifyRequest): void {
  const { role, verb, app, takesFirstToken } = request.routeOptions.config
  if (admin.kind === 'first' && takesFirstToken !== true) {
    throw new Problem('admin_token_first', {
      expected: 'POST /admin/v1/admin-tokens, once',
      found: `${request.method} ${request.routeOptions.url ?? ''}`,
    })
  }
  const { networks } = admin
  if (networks !== undefined && !isInNetworks(networks, addressOf(request))) {
    const facts = { expected: `an address in ${networks.join(', ')}`, found: addressOf(request) }
    throw new Problem('admin_network_refused', facts)
  }
  if (role === undefined || !hasRole(admin.role, role)) {
    throw new Problem('admin_role_too_low', { expected: role ?? 'no one', found: admin.role })
  }
  if (app === undefined) refuseOtherApp(admin.apps, undefined)
  const does = verbOf(verb, request.method)
  if (admin.verbs !== undefined && !admin.verbs.includes(does)) {
    throw new Problem('admin_scope_too_narrow', {
      expected: `one of ${admin.verbs.join(', ')}`,
      found: does,
    })
  }
}
