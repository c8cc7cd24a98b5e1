import { readFileSync } from 'node:fs'
import type { AdminRevocationList } from '@sallyport/authority'
import { Problem } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { argument } from '../input.ts'
import { momentWords } from '../terminal/span.ts'

export const listRevocationLists: Operation = async (input, output) => {
  const { lists } = await configuredClient(input).call('listRevocationLists')
  if (output.json) output.result(lists, '')
  else output.table(lists.map(listRow), { empty: 'No app has certificate.revocation: published' })
  return lists.some(({ state }) => state === 'lapsed' || state === 'missing') ? 1 : 0
}

function listRow({
  appId,
  shard,
  entries,
  issuedAt,
  nextUpdate,
  state,
  addresses,
}: AdminRevocationList) {
  const when = (time: string | null) =>
    time === null ? 'never' : momentWords(Date.parse(time), Date.now())
  return {
    app: appId ?? '(root)',
    list: shard === null ? 'full' : `shard ${shard}`,
    state,
    entries,
    issued: when(issuedAt),
    lapses: when(nextUpdate),
    address: addresses[0] ?? '',
  }
}

export const importRevocationList: Operation = async (input, output) => {
  const list = toBase64url(readList(argument(input, 0)))
  const kept = await configuredClient(input).call('importRevocationList', { body: { list } })
  const many = `${kept.entries} ${kept.entries === 1 ? 'CA' : 'CAs'}`
  output.result(kept, `List ${kept.number} of the root is published, with ${many} on it`)
  output.say(`Sign the next one before ${kept.nextUpdate}`)
  return 0
}

const pem = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/

/** DER, from DER or PEM. */
function readList(file: string): Uint8Array {
  try {
    const bytes = readFileSync(file)
    const [, base64] = pem.exec(bytes.toString('latin1')) ?? []
    return base64 === undefined ? bytes : Buffer.from(base64, 'base64')
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('file_failed', { detail, cause })
  }
}
