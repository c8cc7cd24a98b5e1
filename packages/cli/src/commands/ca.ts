import { existsSync } from 'node:fs'
import path from 'node:path'
import { fromBase64url, issuerKinds } from '@sallyport/wire'
import { Problem } from '@sallyport/problem'
import { certificatesFromPem, toPem } from '@sallyport/pki'
import type { AdminClient } from '../admin/admin-client.ts'
import type { AdminOperations } from '../admin/admin-operations.ts'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { readGivenText } from '../files/given-file.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { argument, choiceOption, isGiven, textOption } from '../input.ts'
import { confirmed } from '../terminal/confirm.ts'
import type { Output } from '../terminal/output.ts'
import { momentWords } from '../terminal/span.ts'
import { spanAhead } from '../time-input.ts'

type Listed = AdminOperations['listIssuers']['answer']
type Made = AdminOperations['makeIssuer']['answer']

export const listAuthorities: Operation = async (input, output) => {
  const listed = await configuredClient(input).call('listIssuers')
  if (output.json) {
    output.result(listed, '')
    return 0
  }
  const now = Date.now()
  const appId = textOption(input, 'app')
  const kind = choiceOption(input, 'kind', issuerKinds)
  const isAsked = (of: { appId: string; kind: string }) =>
    (appId === undefined || of.appId === appId) && (kind === undefined || of.kind === kind)
  if (isGiven(input, 'ids')) {
    const issuing = listed.issuers.filter(
      (issuer) => isAsked(issuer) && stateOf(issuer, listed.issuers, now) === issuesNow,
    )
    output.result(issuing, issuing.map(({ id }) => id).join('\n'))
    return 0
  }
  const rows = [
    ...listed.issuers.filter(isAsked).map((issuer) => ({
      id: issuer.id,
      ...scopeOf(issuer),
      status: stateOf(issuer, listed.issuers, now),
      ends: momentWords(Date.parse(issuer.notAfter), now),
    })),
    ...listed.requests.filter(isAsked).map((request) => ({
      id: request.id,
      ...scopeOf(request),
      status: 'pending: its request waits for the root',
      ends: '',
    })),
  ]
  output.table(rows, { empty: 'There is no CA' })
  tellPending(listed.requests.filter(isAsked), output)
  return 0
}

/** What has the first of those that wait issue. */
function tellPending([request]: Listed['requests'], output: Output): void {
  if (request === undefined) return
  const { id, appId, kind, lane, trustDomain } = request
  const scope = `--app ${appId} --kind ${kind}${lane === '' ? '' : ` --lane ${lane}`}`
  output.say(`Here: sallyport ca export ${id} --out ca.csr`)
  output.say(
    `Where the root is: sallyport ca issue ca.csr --root <folder> ${scope} --trust-domain ${trustDomain}`,
  )
  output.say('Then here: sallyport ca import ca.crt')
}

function scopeOf({ appId, kind, lane }: { appId: string; kind: string; lane: string }) {
  return { app: appId, kind, lane: lane === '' ? '-' : lane }
}

const issuesNow = 'issues'

/** An active CA issues, is about to, or has a newer one before it. */
function stateOf(issuer: Listed['issuers'][number], all: Listed['issuers'], now: number): string {
  if (issuer.status !== 'active') return issuer.status
  if (Date.parse(issuer.issuesFrom) > now) return 'announced: it issues in a minute'
  const isFollowed = all.some(
    (other) =>
      other.status === 'active' &&
      other.appId === issuer.appId &&
      other.kind === issuer.kind &&
      other.lane === issuer.lane &&
      Date.parse(other.issuesFrom) > Date.parse(issuer.issuesFrom) &&
      Date.parse(other.issuesFrom) <= now,
  )
  return isFollowed ? 'followed: it is believed, and issues no more' : issuesNow
}

export const rotateAuthority: Operation = async (input, output) => {
  const appId = argument(input, 0)
  const kind = choiceOption(input, 'kind', issuerKinds) ?? 'device'
  const lane = textOption(input, 'lane') ?? ''
  const out = newFile(input.options['out'])
  const body = { appId, kind, lane, ...announcement(input) }
  const made = await configuredClient(input).call('makeIssuer', { body })
  tellMade(made, output, out)
  return 0
}

function announcement(input: Parameters<Operation>[0]): { announcedMinutes?: number } {
  const ms = spanAhead(input, 'announced', Date.now())
  return ms === undefined ? {} : { announcedMinutes: Math.ceil(ms / 60_000) }
}

function tellMade(made: Made, output: Output, out: string | undefined): void {
  if (made.request !== undefined) {
    const { id, request } = made.request
    if (out !== undefined) writeFileAtomically(out, request)
    output.result(made, out ?? request.trimEnd())
    output.say(
      `Its root is elsewhere. There: sallyport ca issue ${out ?? '<request>'}. Then here: sallyport ca import <certificate>`,
    )
    output.say(`The request is that of ${id}`)
  } else if (made.issuer !== undefined) {
    const { id, issuesFrom } = made.issuer
    output.result(made, id)
    output.say(`It is announced to every gateway, and issues from ${issuesFrom}`)
    output.say('Devices get a certificate of it with their next renewal; the CA before is believed')
  }
}

export const exportAuthority: Operation = async (input, output) => {
  const id = argument(input, 0)
  const out = newFile(input.options['out'])
  const { issuers, requests, roots } = await configuredClient(input).call('listIssuers')
  const root = roots.find(({ kind }) => `${kind}-root` === id)
  const issuer = issuers.find((each) => each.id === id)
  const request = requests.find((each) => each.id === id)
  if (issuer === undefined && request === undefined && root === undefined) {
    throw new Problem('issuer_unknown', {
      expected: 'an id of sallyport ca list, or device-root',
      found: id,
    })
  }
  const pem =
    root?.certificate ??
    request?.request ??
    toPem('CERTIFICATE', fromBase64url(issuer?.certificate ?? '') ?? new Uint8Array())
  if (out !== undefined) writeFileAtomically(out, pem)
  output.result({ id, pem }, out ?? pem.trimEnd())
  return 0
}

export const importAuthority: Operation = async (input, output) => {
  const pem = readGivenText(argument(input, 0))
  // What is none is told here, before anyone is asked.
  certificatesFromPem(pem)
  const client = configuredClient(input)
  if (isGiven(input, 'root')) return importRoot(client, pem, input, output)
  const body = { certificate: pem, ...announcement(input) }
  const issuer = await client.call('importIssuer', { body })
  output.result(issuer, issuer.id)
  output.say(`It is announced to every gateway, and issues from ${issuer.issuesFrom}`)
  return 0
}

async function importRoot(
  client: AdminClient,
  certificate: string,
  input: Parameters<Operation>[0],
  output: Output,
): Promise<0 | 1> {
  const kind = choiceOption(input, 'kind', ['device', 'development']) ?? 'device'
  const question = `Take this certificate for the ${kind} root? New CAs are requested of it; those that issue go on.`
  if (!(await confirmed(input, output, question))) return 1
  const root = await client.call('importRoot', { path: { kind }, body: { certificate } })
  output.result(root, root.thumbprint)
  output.say('Now: sallyport ca rotate <app> --out <request>')
  return 0
}

export const withdrawAuthority: Operation = async (input, output) => {
  const id = argument(input, 0)
  const question = `Withdraw ${id}? Every device with a certificate of it is refused at once and enrols anew. Nothing brings it back.`
  if (!(await confirmed(input, output, question))) return 1
  const reason = textOption(input, 'reason')
  const { made } = await configuredClient(input).call('withdrawIssuer', {
    path: { id },
    body: { reason },
  })
  output.result({ id, made }, `${id} is withdrawn`)
  for (const one of made) {
    if (one.issuer !== undefined) output.say(`${one.issuer.id} issues in its place`)
    if (one.request !== undefined) {
      output.say(`${one.request.id} waits for its root: sallyport ca export ${one.request.id}`)
    }
  }
  return 0
}

/** Nothing is written over. */
function newFile(option: unknown): string | undefined {
  if (typeof option !== 'string') return undefined
  const file = path.resolve(option)
  if (!existsSync(file)) return file
  throw new Problem('command_usage', {
    detail: 'Nothing is written over',
    expected: '--out with a file that is not there',
    found: file,
  })
}
