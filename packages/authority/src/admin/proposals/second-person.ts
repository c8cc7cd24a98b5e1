import { randomBytes } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { Authority } from '../../authority.ts'
import type { ProposalRow, Tables } from '../../store/tables.ts'
import { type Admin, adminOf } from '../admin.ts'
import { refuseLowerRole, type Role } from '../roles.ts'
import { type Verb, verbOf } from '../verbs.ts'
import {
  decideProposal,
  findProposal,
  noteOutcome,
  type ProposalDecision,
  propose,
} from './proposal.ts'
import { type CountedChange, countStatusChange } from './status-change-limit.ts'

/** Repeats a call within this process; the answer as it would have been sent. */
export type Repeat = (call: {
  method: string
  url: string
  body: string
  authorization: string
}) => Promise<{ status: number; body: unknown }>

/**
 * What needs the word of a second person: a call is kept as a proposal, and repeated as it was when somebody
 * else agrees, through the same route with all that it checks, within what that other one may.
 */
export class SecondPerson {
  readonly #authority: Authority
  /** Calls that are being repeated, by a secret that never leaves the process. */
  readonly #agreed = new Map<string, Admin>()

  constructor(authority: Authority) {
    this.#authority = authority
  }

  /** Who stands behind a call that is repeated, which is let in once by this header. */
  takeAgreed(authorization: string | undefined): Admin | undefined {
    if (authorization === undefined) return undefined
    const admin = this.#agreed.get(authorization)
    this.#agreed.delete(authorization)
    return admin
  }

  /** Whether a call needs nobody else: two stand behind it, or the configuration asks for one. */
  isEnough(request: FastifyRequest): boolean {
    const { config } = this.#authority
    return config.authority.admin.insecureSinglePerson || adminOf(request).isAgreed === true
  }

  /** Counts a change of status, in its write. @returns why it needs a second person, if it does */
  async needs(
    tx: Kysely<Tables>,
    request: FastifyRequest,
    change: Pick<CountedChange, 'isRevocation' | 'changes'>,
  ): Promise<string | undefined> {
    if (this.isEnough(request)) return undefined
    const { now } = this.#authority
    return countStatusChange(tx, { admin: adminOf(request), now: now(), ...change })
  }

  /**
   * Keeps the call, and answers that it waits.
   *
   * @throws Problem `message_malformed` where its address is not what it would be made under
   */
  async propose(request: FastifyRequest, reply: FastifyReply, why: string): Promise<ProposalRow> {
    const { store, lanes, now } = this.#authority
    refuseBent(request.url)
    const { config, schema } = request.routeOptions
    const call = {
      operation: schema?.operationId ?? '',
      method: request.method,
      url: request.url,
      body: JSON.stringify(request.body ?? {}),
      role: config.role ?? 'admin',
      verb: verbOf(config.verb, request.method),
      why,
    }
    const by = { admin: adminOf(request), now: now() }
    reply.code(202)
    return lanes.run('admin', () => store.write((tx) => propose(tx, call, by)))
  }

  /**
   * Agrees to a proposal, and repeats its call.
   *
   * @throws Problem `not_found`, `proposal_decided`, `proposal_own`, `admin_role_too_low`,
   *   `admin_scope_too_narrow`
   */
  async agree(
    { id, reason, admin }: { id: string; reason: string | undefined; admin: Admin },
    repeat: Repeat,
  ): Promise<{ proposal: ProposalRow; answer: unknown }> {
    const { store, lanes, now } = this.#authority
    refuseLower(await findProposal(store.read, id), admin)
    const decision = { id, status: 'agreed', reason, admin, now: now() } as const
    const agreed = await lanes.run('admin', () => store.write((tx) => decideProposal(tx, decision)))
    const { method, url, body } = agreed
    const authorization = `Agreed ${randomBytes(32).toString('base64url')}`
    const actor = `${agreed.proposed_by} and ${admin.actor}`
    // Whence the other one called was looked at when they did.
    this.#agreed.set(authorization, { ...admin, actor, networks: undefined, isAgreed: true })
    let outcome = 'unknown'
    try {
      const answer = await repeat({ method, url, body, authorization })
      outcome = answer.status < 300 ? 'done' : codeOf(answer.body)
      return { proposal: { ...agreed, outcome }, answer: answer.body }
    } finally {
      this.#agreed.delete(authorization)
      await store.write((tx) => noteOutcome(tx, id, outcome))
    }
  }
}

/**
 * Whoever declines what another one proposed might have agreed to it: otherwise the least of them could have
 * nothing done that takes two. What is one's own anybody takes back.
 *
 * @throws Problem `not_found`, `proposal_decided`, `admin_role_too_low`, `admin_scope_too_narrow`
 */
export async function declineProposal(
  store: Kysely<Tables>,
  decision: Omit<ProposalDecision, 'status'>,
): Promise<ProposalRow> {
  const row = await findProposal(store, decision.id)
  if (row.person !== decision.admin.person) refuseLower(row, decision.admin)
  return decideProposal(store, { ...decision, status: 'declined' })
}

/** Whoever agrees may do it themselves: within the role and the verbs of what was proposed. */
function refuseLower(proposal: ProposalRow, admin: Admin): void {
  const { role, verb } = proposal
  refuseLowerRole(admin, role as Role)
  if (admin.verbs !== undefined && !admin.verbs.includes(verb as Verb)) {
    const facts = { expected: verb, found: admin.verbs.join(', ') }
    throw new Problem('admin_scope_too_narrow', facts)
  }
}

/**
 * Whoever repeats a call reads its address as URLs are read: a backslash is a slash, and two dots go a step back,
 * so that another route would be asked than the one that somebody agrees to.
 */
function refuseBent(address: string): void {
  const { pathname, search } = new URL(address, 'http://authority.invalid')
  if (pathname + search === address) return
  throw new Problem('message_malformed', {
    expected: `the address ${pathname}${search}`,
    found: address,
  })
}

function codeOf(body: unknown): string {
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return typeof code === 'string' ? code : 'refused'
}
