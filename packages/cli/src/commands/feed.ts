import type { AdminUnconfirmed } from '@sallyport/authority'
import { Problem } from '@sallyport/problem'
import { configuredClient } from '../admin/configured-client.ts'
import { printList } from '../admin/print-list.ts'
import { feedKeysText } from '../certificates/feed-keys.ts'
import type { Input, Operation } from '../command.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { isGiven, textOption } from '../input.ts'
import { confirmed } from '../terminal/confirm.ts'
import type { Output } from '../terminal/output.ts'
import { momentWords } from '../terminal/span.ts'

export const showFeed: Operation = async (input, output) => {
  const client = configuredClient(input)
  const feed = await client.call('getFeed')
  const { gateways } = await client.call('listGateways')
  const { open, ended, kept, dropped } = feed.unconfirmed
  output.result({ ...feed, gateways }, () =>
    [
      `Epoch ${feed.epoch}, ${feed.seq} changes, followed by ${feed.followers} here`,
      `Signed under key set ${feed.keySet}: ${feed.keys.join(', ')}`,
      `Of an epoch before: ${open} open, ${ended} ended again, ${kept} kept, ${dropped} let go`,
      ...feed.restarts.map(({ gateway, at, refused }) =>
        refused
          ? `  ${gateway} said at ${at} once more that the store went back, and was refused`
          : `  ${gateway} said at ${at} that the store went back: an epoch began`,
      ),
      ...gateways.map(
        ({ name, behind, unconfirmed }) =>
          `  ${name}: ${behind} changes behind, ${unconfirmed} kept of an epoch before`,
      ),
    ].join('\n'),
  )
  if (open === 0) return 0
  output.say('Gateways refuse what an epoch before had ended. See: sallyport feed unconfirmed')
  return 1
}

export const writeFeedKeys: Operation = async (input, output) => {
  const keys = await configuredClient(input).call('getFeedKeySet')
  const text = feedKeysText(keys)
  const file = textOption(input, 'out')
  if (file === undefined) {
    output.result(keys, text.trimEnd())
    return 0
  }
  writeFileAtomically(file, text)
  output.result({ file, ...keys }, file)
  output.say('Name it as gateway.authority.feedKeysFile, and reload each gateway')
  return 0
}

export const replaceFeedKeys: Operation = async (input, output) => {
  const question =
    'Sign the feed with a new key at once? Gateways that follow it now learn the key by themselves; what the old keys signed counts no more.'
  if (!(await confirmed(input, output, question))) return 1
  const reason = textOption(input, 'reason')
  const feed = await configuredClient(input).call('replaceFeedKeys', {
    body: { reason },
  })
  output.result(feed, `Key set ${feed.keySet}: ${feed.keys.join(', ')}`)
  output.say('Write it for new gateways: sallyport feed keys --out feed-keys.json')
  return 0
}

export const listUnconfirmed: Operation = async (input, output) => {
  const client = configuredClient(input)
  const count = await printList(input, output, {
    read: async (limit, after: string | undefined) => {
      const page = await client.call('listUnconfirmed', { query: { after, limit } })
      return { rows: page.statuses, next: page.nextAfter }
    },
    shown: rowOf,
    empty: 'Gateways keep nothing that this epoch has not decided',
  })
  if (count > 0) output.say('Decide: sallyport feed confirm, or sallyport feed drop')
  return 0
}

function rowOf({ kind, key, status, until, reportedBy }: AdminUnconfirmed) {
  return { kind, key, status, ends: momentWords(Date.parse(until), Date.now()), reportedBy }
}

export const confirmUnconfirmed: Operation = async (input, output) => {
  const keys = chosenKeys(input)
  if (!(await confirmed(input, output, `End ${wordsFor(keys)} again, as in the epoch before?`)))
    return 1
  const decided = await configuredClient(input).call('confirmUnconfirmed', {
    body: { ...keys, reason: textOption(input, 'reason') },
  })
  output.result(
    decided,
    `${decided.ended} ended again, ${decided.kept} kept for devices and certificates that the registry does not hold`,
  )
  return codeFor(keys, decided.ended + decided.kept, output)
}

export const dropUnconfirmed: Operation = async (input, output) => {
  const keys = chosenKeys(input)
  const reason = textOption(input, 'reason')
  if (reason === undefined) {
    throw new Problem('command_usage', {
      detail: 'What had ended is let in again: the audit log says why',
      expected: '--reason with the reason',
      found: 'none',
    })
  }
  if (!(await confirmed(input, output, `Let ${wordsFor(keys)} in again?`))) return 1
  const decided = await configuredClient(input).call('dropUnconfirmed', {
    body: { ...keys, reason },
  })
  output.result(
    decided,
    `${decided.dropped} let go, ${decided.ended} left as the registry has ended them since`,
  )
  return codeFor(keys, decided.dropped + decided.ended, output)
}

/** Of keys that were named one at least was meant: none of them is a slip, such as an id of another deployment. */
function codeFor({ keys }: { keys?: string[] }, decided: number, output: Output): 0 | 1 {
  if (keys === undefined || decided > 0) return 0
  output.say('Gateways keep none of these: sallyport feed unconfirmed lists what they keep')
  return 1
}

/** @throws Problem `command_usage` where neither keys nor --all are given */
function chosenKeys(input: Input): { keys?: string[] } {
  const keys = [...input.arguments]
  if (keys.length > 0 !== isGiven(input, 'all')) return keys.length > 0 ? { keys } : {}
  throw new Problem('command_usage', {
    detail: 'What is to be decided must be said',
    expected: 'keys as `sallyport feed unconfirmed` lists them, or --all',
    found: keys.length > 0 ? 'both' : 'neither',
  })
}

function wordsFor({ keys }: { keys?: readonly string[] }): string {
  return keys === undefined ? 'all that gateways kept' : keys.join(', ')
}
