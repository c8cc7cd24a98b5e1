import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { argument, isGiven, textOption } from '../input.ts'

export const listProposals: Operation = async (input, output) => {
  const all = isGiven(input, 'all')
  const { proposals } = await configuredClient(input).call('listProposals', { query: { all } })
  output.table(proposals, { empty: 'Nothing waits for a second person' })
  return 0
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
