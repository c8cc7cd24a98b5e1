import type { AdminApproval } from '@sallyport/authority'
import { configuredClient } from '../admin/configured-client.ts'
import { pageOf, printList } from '../admin/print-list.ts'
import type { Operation } from '../command.ts'
import { isGiven, textOption } from '../input.ts'
import { momentWords } from '../terminal/span.ts'

export const approve: Operation = async (input, output) => {
  const client = configuredClient(input)
  const [id] = input.arguments
  if (id === undefined) {
    const count = await printList(input, output, {
      read: async (limit, cursor: string | undefined) => {
        const page = await client.call('listApprovals', { query: { cursor, limit } })
        return pageOf(page.approvals, page)
      },
      shown: approvalRow,
      empty: 'No enrolment waits for approval',
    })
    if (count > 0) output.say('Decide with: sallyport approve <id>, or with --deny')
    return 0
  }
  const isDenied = isGiven(input, 'deny')
  const reason = textOption(input, 'reason')
  const operation = isDenied ? 'denyEnrollment' : 'approveEnrollment'
  const decided = await client.call(operation, { path: { id }, body: { reason } })
  output.result(decided, `${decided.id} is ${decided.status}`)
  output.say(
    isDenied
      ? 'The phone is told so when it asks again'
      : 'The phone gets its certificate when it asks again, by itself, within minutes',
  )
  return 0
}

function approvalRow(approval: AdminApproval) {
  const { id, appId, platform, appVersion, assurance, address, requestedAt } = approval
  const asked = momentWords(Date.parse(requestedAt), Date.now())
  // Of a user, or of an MDM: never both.
  const whose = approval.userSubject ?? approval.identifier ?? ''
  return { id, app: appId, platform, version: appVersion, assurance, whose, address, asked }
}
