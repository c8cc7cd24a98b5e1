import { Problem } from '@sallyport/problem'
import type { AdminClient } from '../admin/admin-client.ts'
import type { AdminOperations } from '../admin/admin-operations.ts'
import { configuredClient } from '../admin/configured-client.ts'
import type { Input, Operation } from '../command.ts'
import { argument, isGiven, textOption } from '../input.ts'
import { confirmed } from '../terminal/confirm.ts'
import { jsonText } from '../terminal/json-text.ts'
import { timeTextBefore } from '../time-input.ts'

type User = AdminOperations['findUsers']['answer']['users'][number]

const hashedForm = /^hashed:[A-Za-z0-9_-]{43}$/

/** Prints what is kept of a user: of each provider that knows them a line of JSON. */
export const exportUser: Operation = async (input, output) => {
  const client = configuredClient(input)
  const ids = await idsOf(client, input)
  for (const id of ids) {
    const exported = await client.call('exportUser', { path: { id } })
    output.result(exported, jsonText(exported, 2))
    if (exported.cut.length > 0) output.say(`There is more of: ${exported.cut.join(', ')}`)
  }
  return foundAny(ids, output.say)
}

/** Forgets a user of each provider that knows them, in as many rounds as there are devices for. */
export const forgetUser: Operation = async (input, output) => {
  const client = configuredClient(input)
  const ids = await idsOf(client, input)
  const question = 'Forget this user? It cannot be undone, and their devices end.'
  if (ids.length > 0 && !(await confirmed(input, output, question))) return 1
  const body = {
    revoke: isGiven(input, 'revoke'),
    before: timeTextBefore(input, 'before', Date.now()),
    reason: textOption(input, 'reason'),
  }
  for (const id of ids) {
    const sum = { devices: 0, revoked: 0, approvals: 0, values: 0 }
    for (let isMore = true; isMore; ) {
      const round = await client.call('forgetUser', { path: { id }, body })
      for (const name of ['devices', 'revoked', 'approvals', 'values'] as const) {
        sum[name] += round[name]
      }
      isMore = round.isMore
    }
    const { devices, revoked, approvals, values } = sum
    output.result(
      { id, ...sum },
      `Forgotten: ${devices} devices, of which ${revoked} were revoked, ${approvals} approvals, ${values} values beside the audit log`,
    )
    output.say(`After a backup of before is restored, again: sallyport users forget ${id} --revoke`)
  }
  return foundAny(ids, output.say)
}

function foundAny(ids: readonly string[], say: (words: string) => void): 0 | 1 {
  if (ids.length > 0) return 0
  say('Nothing is kept of such a user')
  return 1
}

/** By what their tokens call them, or by the id that an earlier command told. */
async function idsOf(client: AdminClient, input: Input): Promise<string[]> {
  const subject = argument(input, 0)
  if (hashedForm.test(subject)) return [subject]
  const provider = textOption(input, 'provider')
  const { users } = await client.call('findUsers', { body: { subject, provider } })
  const known = users.filter(isKnown)
  if (known.length > 1 && provider === undefined) {
    throw new Problem('command_usage', {
      detail: 'Several providers know a user of this name, and each may be somebody else',
      expected: `--provider ${known.map((user) => user.provider).join(' or --provider ')}`,
    })
  }
  return known.map(({ id }) => id)
}

function isKnown({ devices, approvals, forgottenAt }: User): boolean {
  return devices > 0 || approvals > 0 || forgottenAt !== null
}
