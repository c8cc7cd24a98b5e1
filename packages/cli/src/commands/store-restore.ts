import path from 'node:path'
import type { AuditRow, EndedAgain, Restored } from '@sallyport/authority'
import { isProblem } from '@sallyport/problem'
import { adminAccess } from '../admin/configured-client.ts'
import type { Input, Operation } from '../command.ts'
import { isGiven, textOptions } from '../input.ts'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'
import { configuredStore, progress } from './store.ts'
import { locateConfig } from '../configuration/locate.ts'

export const restoreStore: Operation = async (input, output) => {
  const authority = await import('@sallyport/authority')
  const { location, config } = await configuredStore(locateConfig(input))
  const keepCredentials = isGiven(input, 'keepCredentials')
  const isTrial = isGiven(input, 'dryRun')
  const auditFiles = (textOptions(input, 'audit') ?? []).map((file) => path.resolve(file))
  const restored = await authority.restoreStore(location, {
    file: path.resolve(input.arguments[0] ?? ''),
    trustDomain: config.value.trustDomain,
    chain: config.value.authority.name,
    now: Date.now(),
    keepCredentials,
    adminToken: tokenInHand(input),
    auditFiles,
    isTrial,
    onProgress: progress(output, 'restored'),
    onTold: sayTold(output),
  })
  const at = new Date(restored.at).toISOString()
  const { endedAgain } = restored
  output.result(
    { ...restored, at, isTrial, endedAgain: endedAgain ?? null },
    `${restored.rows} rows as of ${at}`,
  )
  if (endedAgain !== undefined) sayEnded(endedAgain, output)
  else output.say(withoutLog)
  sayCredentials(restored, keepCredentials, output)
  output.say(isTrial ? 'Nothing was kept: it was a trial' : next)
  return 0
}

/** For a log that was found when the authority was started already. */
export const followLog: Operation = async (input, output) => {
  const { followLogAt } = await import('@sallyport/authority')
  const { location, config } = await configuredStore(locateConfig(input))
  const isTrial = isGiven(input, 'dryRun')
  const ended = await followLogAt(location, {
    auditFiles: input.arguments.map((file) => path.resolve(file)),
    chain: config.value.authority.name,
    now: Date.now(),
    isTrial,
    onTold: sayTold(output),
  })
  const rows = ended.chains.reduce((sum, { after, through }) => sum + through - after, 0)
  output.result({ ...ended, isTrial }, `${rows} rows came after the backup`)
  sayEnded(ended, output)
  output.say(isTrial ? 'Nothing was kept: it was a trial' : 'Start the authority')
  return 0
}

/** Longer is no id. */
const mostShown = 100

/** What the file says stands in it as somebody wrote it. */
function sayTold(output: Output): (row: AuditRow, why: string) => void {
  return ({ chain, seq, action, subject }, why) => {
    const to = typeof subject === 'string' ? subject.slice(0, mostShown) : 'forgotten'
    output.say(`Not done again: row ${seq} of ${chain}, ${action} ${printable(to)}: ${why}`)
  }
}

const withoutLog =
  'Without the audit log of what happened since (--audit), gateways and ACME credentials that were revoked, and users who were forgotten since, are back: sallyport gateways revoke, sallyport acme credentials revoke, sallyport users forget hashed:… --revoke'

const next =
  'Start the authority. Gateways keep refusing what was revoked since: when they are back, see `sallyport feed unconfirmed`'

/** The admin token that commands on this machine show. Where none is configured, or the file is gone, there is none. */
function tokenInHand(input: Input): string | undefined {
  try {
    return adminAccess(input).token
  } catch (error) {
    if (isProblem(error)) return undefined
    throw error
  }
}

function sayEnded({ chains, ended, unknownCheckpoints }: EndedAgain, output: Output): void {
  for (const { name, after, through, at, signedThrough, missing } of chains) {
    if (through === after) {
      output.say(`Of the chain ${name} nothing was given of what came after row ${after}`)
    } else {
      const time = new Date(at ?? 0).toISOString()
      const signed = signedThrough === null ? 'none of them' : `as far as row ${signedThrough}`
      output.say(
        `The chain ${name} was followed from row ${after} to row ${through}, of ${time}. A checkpoint has signed ${signed}`,
      )
    }
    if (missing !== null) {
      output.say(`THE FILES ARE CUT SHORT: a checkpoint names row ${missing} of ${name}`)
    }
  }
  if (unknownCheckpoints > 0) {
    output.say(
      `${unknownCheckpoints} checkpoints are of no key that the backup knows, and counted for nothing`,
    )
  }
  const counts = Object.entries(ended).map(([action, count]) => `${count} ${action}`)
  output.say(`Ended again: ${counts.join(', ') || 'nothing'}`)
}

function sayCredentials(
  { countedThen, countsAgain }: Restored,
  keepCredentials: boolean,
  output: Output,
): void {
  const names = {
    adminTokens: 'admin tokens',
    enrollmentTokens: 'enrolment tokens',
    mdmCredentials: 'MDM credentials',
  } as const
  const counts = (of: typeof countsAgain) =>
    Object.entries(names)
      .map(([member, name]) => `${of[member as keyof typeof names]} ${name}`)
      .join(', ')
  output.say(`Of what lets somebody in the backup had: ${counts(countedThen)}`)
  output.say(`Now these count: ${counts(countsAgain)}`)
  if (keepCredentials) output.say('Revoke again what was revoked or used since')
  else output.say('The others ended: who restores it anew with --keep-credentials keeps them')
  if (countsAgain.adminTokens > 0) return
  output.say('No admin token counts: sallyport tokens create --admin --role admin --offline')
}
