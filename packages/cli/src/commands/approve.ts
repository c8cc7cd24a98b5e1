import type { AdminApproval } from '@sallyport/authority'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { isGiven, textOption } from '../input.ts'
import { momentWords } from '../terminal/span.ts'

export const approve: Operation = async (input, output) => {
  const client = configuredClient(input)
  const [id] = input.arguments
  if (id === undefined) {
    const { approvals } = await client.call('listApprovals')
    const empty = 'No enrolment waits for approval'
    if (output.json) output.result(approvals, '')
    else output.table(approvals.map(approvalRow), { empty })
    if (approvals.length > 0) output.say('Decide with: sallyport approve <id>, or with --deny')
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
