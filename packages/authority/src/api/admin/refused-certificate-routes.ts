import Type from 'typebox'
import { actorOf } from '../../admin/admin.ts'
import type { SecondPerson } from '../../admin/proposals/second-person.ts'
import type { Authority } from '../../authority.ts'
import { refuseCertificates } from '../../feed/refuse-unknown.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { Time } from './messages.ts'
import { presentProposal } from './present-proposal.ts'
import { Proposed } from './proposal-messages.ts'

const closed = { additionalProperties: false }

const RefuseCertificates = Type.Object(
  {
    certificates: Type.Array(
      Type.Object(
        {
          /** SHA-256, base64url. */
          thumbprint: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
          /** When it ends. */
          notAfter: Time,
        },
        closed,
      ),
      { minItems: 1, maxItems: 500 },
    ),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  },
  closed,
)

const CertificatesRefused = Type.Object({
  /** Of the registry, and revoked there. */
  revoked: Type.Integer(),
  /** Not of the registry. */
  refused: Type.Integer(),
  /** Before. */
  already: Type.Integer(),
  /** The end of the feed, once gateways are told. */
  seq: Type.Integer(),
})

/** What is to be refused, though the registry may know nothing of it: see `sallyport ca compare`. */
export function refusedCertificateRoutes(
  api: Api,
  authority: Authority,
  second: SecondPerson,
): void {
  const { store, lanes, now } = authority

  api.post(
    '/certificates/refuse',
    {
      config: { role: 'operator', verb: 'revoke' },
      schema: {
        tags: ['devices'],
        operationId: 'refuseCertificates',
        summary:
          'Has every gateway refuse certificates by thumbprint, also such as the registry does not have',
        body: RefuseCertificates,
        response: {
          200: CertificatesRefused,
          202: Proposed,
          ...problems(400, 401, 403, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { certificates, reason = 'signed, and not in the registry' } = request.body
      const asked = certificates.map(({ thumbprint, notAfter }) => ({
        thumbprint,
        until: Date.parse(notAfter),
      }))
      const change = { isRevocation: true, changes: asked.length }
      const order = { reason, actor: actorOf(request), epoch: authority.epoch }
      const refused = await lanes.run('admin', () =>
        store.write(async (tx) => {
          const why = await second.needs(tx, request, change)
          return why ?? refuseCertificates(tx, asked, { ...order, now: now() })
        }),
      )
      if (typeof refused === 'string') {
        const proposal = await second.propose(request, reply, refused)
        return { proposal: presentProposal(proposal, now()) }
      }
      return refused
    },
  )
}
