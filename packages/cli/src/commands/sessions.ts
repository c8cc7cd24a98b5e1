import { text as readAll } from 'node:stream/consumers'
import type { AdminInvalidation } from '@sallyport/authority'
import { Problem } from '@sallyport/problem'
import { configuredClient } from '../admin/configured-client.ts'
import { printList } from '../admin/print-list.ts'
import { awaitReceipts, inForceWords, receiptWords } from '../admin/gateway-receipts.ts'
import type { Input, Operation } from '../command.ts'
import { textOption } from '../input.ts'
import { momentWords } from '../terminal/span.ts'

/** What can be ended: the option, and the member of the message. */
const ends = [
  { option: 'subject', member: 'subject' },
  { option: 'session', member: 'session' },
  { option: 'token', member: 'token' },
  { option: 'tokenId', member: 'tokenId' },
  { option: 'device', member: 'deviceId' },
] as const

const words: Readonly<Record<AdminInvalidation['kind'], string>> = {
  token: 'The token has ended',
  session: 'The session has ended: none of its tokens counts any more',
  subject: 'The tokens of the user that were issued until now have ended',
  deviceTokens: 'The tokens that were issued until now have ended on this device',
}

export const endSessions: Operation = async (input, output) => {
  const given = ends.filter(({ option }) => textOption(input, option) !== undefined)
  const [what] = given
  if (what === undefined || given.length > 1) {
    throw new Problem('command_usage', {
      detail: 'It must be said what ends',
      expected: 'exactly one of --subject, --session, --token, --token-id and --device',
      found: given.length === 0 ? 'none' : `${given.length} of them`,
    })
  }
  const client = configuredClient(input)
  const body = { [what.member]: await valueOf(input, what.option), ...ownerOf(input) }
  const reason = textOption(input, 'reason')
  const answer = await client.call('endTokens', { body: { ...body, reason } })
  const gateways = await awaitReceipts(client, answer.seq)
  output.result({ ...answer, gateways }, () =>
    [
      ...new Set(answer.invalidations.map(({ kind }) => words[kind])),
      ...gateways.map((receipt) => `  ${receiptWords(receipt, Date.now())}`),
    ].join('\n'),
  )
  output.say(inForceWords(gateways))
  return 0
}

/** A token in the arguments is there for everybody on the machine to see: - takes it from stdin. */
async function valueOf(input: Input, option: string): Promise<string> {
  const value = textOption(input, option) ?? ''
  return option === 'token' && value === '-' ? (await readAll(process.stdin)).trim() : value
}

function ownerOf(input: Input): { provider?: string; issuer?: string } {
  const provider = textOption(input, 'provider')
  const issuer = textOption(input, 'issuer')
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(issuer === undefined ? {} : { issuer }),
  }
}

export const listSessions: Operation = async (input, output) => {
  const client = configuredClient(input)
  const filter = {
    subject: textOption(input, 'subject'),
    session: textOption(input, 'session'),
    deviceId: textOption(input, 'device'),
    ...ownerOf(input),
  }
  await printList(input, output, {
    read: async (limit, before: number | undefined) => {
      const page = await client.call('listInvalidations', { query: { ...filter, before, limit } })
      return { rows: page.invalidations, next: page.nextBefore }
    },
    shown: rowOf,
    empty: 'No tokens are ended before they expire',
  })
  return 0
}

function rowOf({ kind, key, issuer, at, until, actor, reason }: AdminInvalidation) {
  const now = Date.now()
  return {
    ended: kind,
    key,
    issuer: issuer ?? '-',
    at: momentWords(Date.parse(at), now),
    counts: momentWords(Date.parse(until), now),
    by: actor,
    reason: reason ?? '-',
  }
}
