import { certificatesFromPem } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import type { AdminOperations } from '../admin/admin-operations.ts'
import { configuredClient } from '../admin/configured-client.ts'
import { pageOf, printList } from '../admin/print-list.ts'
import type { Operation } from '../command.ts'
import { argument, isGiven, textOption } from '../input.ts'

export const listProposals: Operation = async (input, output) => {
  const all = isGiven(input, 'all')
  const client = configuredClient(input)
  await printList(input, output, {
    read: async (limit, cursor: string | undefined) => {
      const page = await client.call('listProposals', { query: { all, cursor, limit } })
      return pageOf(page.proposals, page)
    },
    shown: proposalRow,
    empty: 'Nothing waits for a second person',
    all: 'has another meaning',
  })
  return 0
}

const pemBegin = '-----BEGIN CERTIFICATE-----'

type Proposal = AdminOperations['listProposals']['answer']['proposals'][number]

/** `--json` has the bodies whole. */
function proposalRow({ body, ...proposal }: Proposal) {
  const { id, status, operation, path, ...rest } = proposal
  return { id, status, operation, path, asks: asked(body), ...rest }
}

/** What a body (JSON, or nothing) asks for, in a line: of a certificate what two people can compare. */
function asked(body: string): string {
  if (!body.includes(pemBegin)) return body
  return JSON.stringify(JSON.parse(body), (_name, value: unknown) =>
    typeof value === 'string' && value.includes(pemBegin) ? wordsOfPem(value) : value,
  )
}

function wordsOfPem(pem: string): string {
  try {
    const words = certificatesFromPem(pem).map(({ thumbprint }) => `certificate ${thumbprint}`)
    return words.join(', ')
  } catch (error) {
    if (!isProblem(error)) throw error
    return `a certificate that cannot be read: ${error.code}`
  }
}

export const agreeProposal: Operation = async (input, output) => {
  const id = argument(input, 0)
  const agreed = await configuredClient(input).call('agreeProposal', {
    path: { id },
    body: { reason: textOption(input, 'reason') },
  })
  const { operation, outcome } = agreed.proposal
  output.result(agreed, `${operation}: ${outcome ?? 'unknown'}`)
  return outcome === 'done' ? 0 : 1
}

export const declineProposal: Operation = async (input, output) => {
  const id = argument(input, 0)
  const declined = await configuredClient(input).call('declineProposal', {
    path: { id },
    body: { reason: textOption(input, 'reason') },
  })
  output.result(declined, `${id} is declined`)
  return 0
}
