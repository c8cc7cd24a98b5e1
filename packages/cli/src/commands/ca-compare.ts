import { existsSync } from 'node:fs'
import path from 'node:path'
import type { AuthorityConfig, Comparison, JournalRecord } from '@sallyport/authority'
import { readConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import { configuredClient } from '../admin/configured-client.ts'
import type { Input, Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { roleSchema } from '../configuration/role-schema.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import { isGiven, textOption, textOptions } from '../input.ts'
import { confirmed } from '../terminal/confirm.ts'
import type { Output } from '../terminal/output.ts'
import { momentWords } from '../terminal/span.ts'
import { timeBefore } from '../time-input.ts'

/** What the admin API takes in one call. */
const perCall = 500
/** What a person reads; with --json there are all. */
const mostRows = 200

/** Holds what the signers wrote down against the registry. Code 1 where one has what the other has not. */
export const compareSigned: Operation = async (input, output) => {
  const now = Date.now()
  const compared = await compare(input, now)
  const { unrecorded, refused, unsigned, journals, responders } = compared
  const faults = journals.flatMap(({ directory, faults }) =>
    faults.map((fault) => ({ ...fault, directory })),
  )
  if (output.json) output.result(present(compared), '')
  else tellRows(compared, now, output)
  for (const { what, directory, file, line } of faults) {
    const at = line === undefined ? 'at its end' : `line ${line}`
    output.say(`${path.join(directory, file)}, ${at}: ${faultWords[what]}`)
  }
  const records = journals.reduce((sum, { records }) => sum + records, 0)
  output.say(
    `${records} records in ${journals.length} journals, ${responders} of them delegations of OCSP: of a week each, and the registry keeps none`,
  )
  if (refused > 0)
    output.say(`${refused} more are not in the registry, and refused by every gateway`)
  for (const { directory, from } of journals) {
    if (from === undefined) output.say(`${directory}: nothing is in it`)
  }
  const isRefused = unrecorded.length > 0 && (await refuse(unrecorded, input, output))
  if (unsigned.length > 0) {
    output.say(
      'What the registry has and no journal was signed elsewhere, by whoever has the key: where the journals of all signers were given (--journal), withdraw the CA. After a power cut or a lost disk it is what the journal lost.',
    )
  }
  const isBroken = faults.some(({ what }) => what !== 'torn')
  return (unrecorded.length > 0 && !isRefused) || unsigned.length > 0 || isBroken ? 1 : 0
}

const faultWords = {
  unchained: 'it does not follow the record before it: records were changed, added or removed',
  malformed: 'it is no record',
  missing: 'the file before it is not there',
  torn: 'a record is being written, or was not written whole; nobody was handed what it is of',
} as const

async function compare(input: Input, now: number): Promise<Comparison> {
  const authority = await import('@sallyport/authority')
  const config = readConfig<AuthorityConfig>(
    locateConfig(input),
    roleSchema([trustDomainSection, ...authority.authoritySections]),
  )
  const { store, authority: own } = config.value
  const others = (textOptions(input, 'journal') ?? []).map((folder) => path.resolve(folder))
  const local = authority.journalDirectoryOf(config.directory, own)
  const directories = [...(existsSync(local) ? [local] : []), ...others]
  const missing = others.find((folder) => !existsSync(folder))
  if (directories.length === 0 || missing !== undefined) {
    throw new Problem('signer_journal_refused', {
      detail: missing ?? local,
      expected: own.insecureSingleProcess
        ? 'a signer in a process of its own: without authority.insecureSingleProcess'
        : 'the journal of a signer: on its machine, or copied and named by --journal',
      found: 'no directory',
    })
  }
  const since = timeBefore(input, 'since', now)
  return authority.compareSigned(authority.storeLocation(store, config), {
    directories,
    keepMs: authority.journalKeepMsOf(own.signer),
    now,
    ...(since === undefined ? {} : { since }),
  })
}

function tellRows({ unrecorded, unsigned }: Comparison, now: number, output: Output): void {
  const rows = [
    ...unrecorded.map((record) => ({
      what: 'signed, and not in the registry',
      kind: record.kind as string,
      by: record.ca,
      thumbprint: record.sha256,
      serial: record.serial,
      signed: momentWords(record.at, now),
      ends: momentWords(record.until, now),
    })),
    ...unsigned.map(({ kind, thumbprint, serial, issuedAt }) => ({
      what: 'in the registry, and in no journal',
      kind: kind as string,
      by: '-',
      thumbprint,
      serial,
      signed: momentWords(issuedAt, now),
      ends: '-',
    })),
  ]
  output.table(rows.slice(0, mostRows), { empty: 'All that was signed is in the registry' })
  if (rows.length > mostRows)
    output.say(`${rows.length - mostRows} more: with --json there are all`)
}

const isCa: ReadonlySet<string> = new Set(['root', 'issuing-ca'])

/** Has gateways refuse what they might be shown. @returns whether all of it is refused */
async function refuse(
  unrecorded: readonly JournalRecord[],
  input: Input,
  output: Output,
): Promise<boolean> {
  const shown = unrecorded.filter(({ kind }) => kind === 'device')
  for (const { kind, sha256 } of unrecorded.filter(({ kind }) => kind !== 'device')) {
    output.say(`${sha256}: ${otherWords(kind)}`)
  }
  if (shown.length === 0) return false
  if (!isGiven(input, 'revoke')) {
    output.say('Have every gateway refuse those of devices: sallyport ca compare --revoke')
    return false
  }
  const question = `Have every gateway refuse ${shown.length} certificates of devices for good? Whoever holds one enrols anew.`
  if (!(await confirmed(input, output, question))) return false
  const client = configuredClient(input)
  const reason = textOption(input, 'reason')
  for (let at = 0; at < shown.length; at += perCall) {
    const certificates = shown.slice(at, at + perCall).map(({ sha256, until }) => ({
      thumbprint: sha256,
      notAfter: new Date(until).toISOString(),
    }))
    const body = { certificates, ...(reason === undefined ? {} : { reason }) }
    const answer = await client.call('refuseCertificates', { body })
    output.say(
      `${answer.refused} are refused by every gateway, ${answer.revoked} were revoked in the registry, ${answer.already} were before`,
    )
  }
  return shown.length === unrecorded.length
}

function otherWords(kind: string): string {
  if (kind === 'gateway') {
    return 'a gateway can be played with it: sallyport gateways revoke, and give that one another name'
  }
  if (isCa.has(kind)) return 'gateways believe no CA that the registry does not have'
  if (kind === 'list') return 'a list with a number that is still to come: rotate the CA'
  return 'gateways take it from no device; whoever else believes the CA does until it ends'
}

function present({ journals, responders, refused, unrecorded, unsigned }: Comparison) {
  const time = (at: number) => new Date(at).toISOString()
  return {
    journals: journals.map(({ from, ...journal }) => ({
      ...journal,
      from: from === undefined ? null : time(from),
    })),
    responders,
    refused,
    unrecorded: unrecorded.map(({ kind, ca, serial, sha256, at, until }) => ({
      kind,
      ca,
      serial,
      thumbprint: sha256,
      signedAt: time(at),
      notAfter: time(until),
    })),
    unsigned: unsigned.map(({ issuedAt, ...row }) => ({ ...row, issuedAt: time(issuedAt) })),
  }
}
