import Type from 'typebox'
import { adminOf } from '../../admin/admin.ts'
import { listProposals } from '../../admin/proposals/proposal.ts'
import {
  declineProposal,
  type Repeat,
  type SecondPerson,
} from '../../admin/proposals/second-person.ts'
import type { Authority } from '../../authority.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { IdParams, Reason } from './messages.ts'
import { NextCursor, nextCursorOf, pageMembers } from './page-messages.ts'
import { presentProposal } from './present-proposal.ts'
import { AdminProposal, AgreedProposal } from './proposal-messages.ts'

const tags = ['proposals']
const ProposalQuery = Type.Object(
  {
    all: Type.Optional(Type.Boolean({ default: false, description: 'Also what was decided' })),
    ...pageMembers,
  },
  { additionalProperties: false },
)

export function proposalRoutes(api: Api, authority: Authority, second: SecondPerson): void {
  const { store, lanes, now } = authority

  api.get(
    '/proposals',
    {
      config: { role: 'support' },
      schema: {
        tags,
        operationId: 'listProposals',
        summary: 'Calls that wait for a second person, newest first',
        querystring: ProposalQuery,
        response: {
          200: Type.Object({ proposals: Type.Array(AdminProposal), nextCursor: NextCursor }),
          ...problems(400, 401, 403, 429),
        },
      },
    },
    async ({ query: { all = false, ...order } }) => {
      const page = await listProposals(store.read, { isOpen: !all, now: now() }, order)
      return {
        proposals: page.rows.map((row) => presentProposal(row, now())),
        ...nextCursorOf(page),
      }
    },
  )

  api.post(
    '/proposals/:id/agree',
    {
      config: { role: 'support', verb: 'agree' },
      schema: {
        tags,
        operationId: 'agreeProposal',
        summary: 'Agrees to a call that somebody else proposed, which is then made, once',
        params: IdParams,
        body: Reason,
        response: { 200: AgreedProposal, ...problems(400, 401, 403, 404, 409, 429, 503) },
      },
    },
    async (request) => {
      const { params, body } = request
      const order = { id: params.id, reason: body.reason, admin: adminOf(request) }
      const { proposal, answer } = await second.agree(order, repeatAt(api))
      return { proposal: presentProposal(proposal, now()), answer: answer as object }
    },
  )

  api.post(
    '/proposals/:id/decline',
    {
      config: { role: 'support', verb: 'agree' },
      schema: {
        tags,
        operationId: 'declineProposal',
        summary: 'Declines a proposal, also one of one’s own',
        params: IdParams,
        body: Reason,
        response: { 200: AdminProposal, ...problems(400, 401, 403, 404, 409, 429, 503) },
      },
    },
    (request) => {
      const { params, body } = request
      const by = { admin: adminOf(request), reason: body.reason, now: now() }
      const decision = { id: params.id, ...by }
      return lanes.run('admin', async () =>
        presentProposal(await store.write((tx) => declineProposal(tx, decision)), now()),
      )
    },
  )
}

/** Through the routes of the API itself, without a connection. */
function repeatAt(api: Api): Repeat {
  return async ({ method, url, body, authorization }) => {
    const answer = await api.inject({
      method: method as 'POST',
      url,
      payload: body,
      headers: { authorization, 'content-type': 'application/json' },
    })
    return { status: answer.statusCode, body: answer.json<unknown>() }
  }
}
