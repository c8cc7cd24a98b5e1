import { setTimeout as sleep } from 'node:timers/promises'
import { backdateMs } from '@sallyport/pki'
import { pass, type Refusal, type Verdict } from '../pipeline/stage.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import type { VerifiedLeaf } from './presented-leaf.ts'

/** Between the signature of a certificate and the commit that is told of: writes wait for one another. */
const settleMs = 10_000
/** The feed tells of a change within milliseconds: so long it is waited for. */
const waitMs = 1_000
const lookMs = 20
/** Whoever has a stolen CA key holds no more of a worker than this. */
const maxWaiting = 256

const unknown: Refusal = {
  code: 'device_unknown',
  check: 'issued',
  expected: 'a certificate that the registry issued',
  found: 'one that it does not know',
  endsConnection: true,
}
const notYetKnown: Refusal = {
  code: 'device_not_yet_known',
  check: 'issued',
  expected: 'news from the authority of after it was issued',
  found: 'none yet',
  retryAfterSeconds: 1,
}

let waiting = 0

/**
 * Whether a certificate was issued by the registry, and not by somebody who has the key of its CA.
 *
 * A phone uses its certificate as soon as it has it, and may be faster than the feed. What is older than the last
 * word of the authority and not known was never issued. What is younger is waited for, for a second; where
 * nothing was heard since, nobody can say yet, and the phone is asked to repeat.
 *
 * @returns at once where it is known, or cannot be
 */
export function checkIssued(leaf: VerifiedLeaf, status: DeviceStatus): Verdict | Promise<Verdict> {
  if (status.isIssued(leaf.keys)) return pass
  if (!isYoung(leaf, status)) return unknown
  return waiting >= maxWaiting ? notYetKnown : awaitIssued(leaf, status)
}

async function awaitIssued(leaf: VerifiedLeaf, status: DeviceStatus): Promise<Verdict> {
  waiting++
  try {
    for (let waitedMs = 0; waitedMs < waitMs; waitedMs += lookMs) {
      await sleep(lookMs)
      if (status.isIssued(leaf.keys)) return pass
      if (!isYoung(leaf, status)) return unknown
    }
    return notYetKnown
  } finally {
    waiting--
  }
}

/** Whether the authority may have issued it after its last word, by its own clock. */
function isYoung({ device }: VerifiedLeaf, status: DeviceStatus): boolean {
  return device.notBefore + backdateMs + settleMs > status.toldUntil()
}
