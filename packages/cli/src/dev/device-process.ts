// The process of the virtual device: `node device-process.js <JSON of DeviceProcessOptions>`.
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/problem'
import { type ClientStatus, isSallyportError } from '@sallyport/sdk'
import {
  createVirtualDevice,
  openDevelopmentRoot,
  type VirtualAndroid,
  type VirtualDevice,
} from '@sallyport/virtual-device'
import { tellFailed, tellReady, untilAskedToEnd } from '../supervise/parent-channel.ts'
import type { AttestedPhone } from './attested-phone.ts'

export type DeviceProcessOptions = {
  directory: string
  authorityUrl: string
  gatewayUrl: string
  caFile: string
  appId: string
  /** A route that is called once, to learn whether the certificate still counts. */
  path: string
  enrollmentToken?: string
  /** Undefined: it is no phone, and brings development evidence. */
  phone?: AttestedPhone
}

/** How often it looks whether it is time to renew. */
const renewEveryMs = 60_000
const slowMs = 5_000

const asked = untilAskedToEnd()
const options = JSON.parse(process.argv[2] ?? '{}') as DeviceProcessOptions
try {
  const { phone, ...rest } = options
  const device = createVirtualDevice({
    ...rest,
    autoEnroll: true,
    ...(phone === undefined ? {} : { phone: androidPhone(phone) }),
  })
  const status = await becomeUsable(device)
  await tellReady({ id: status.deviceId ?? '' })
  await Promise.race([asked, keepRenewed(device)])
  await device.close()
} catch (error) {
  if (!(await tellFailed(toProblem(error)))) throw error
}

function androidPhone({ rootDirectory, packageName, signerDigest }: AttestedPhone): VirtualAndroid {
  const root = openDevelopmentRoot(rootDirectory)
  return { platform: 'android', root, facts: { packageName, signerDigest } }
}

/**
 * Enrols where it has no certificate, and calls the service once: a device that was revoked in an earlier
 * life enrols again, as another one; one that is suspended stays what it is.
 */
async function becomeUsable(device: VirtualDevice): Promise<ClientStatus> {
  const { enrollmentToken } = options
  const waiting = setTimeout(() => say('still enrolling; does its app ask for approval?'), slowMs)
  await device.enroll(enrollmentToken === undefined ? {} : { enrollmentToken })
  clearTimeout(waiting)
  try {
    const response = await device.fetch(options.path)
    await response.body?.cancel()
  } catch (error) {
    if (!isSallyportError(error)) throw error
    say(`its call was refused with ${error.code}: ${error.message}`)
  }
  return await device.status()
}

async function keepRenewed(device: VirtualDevice): Promise<never> {
  for (;;) {
    await sleep(renewEveryMs, undefined, { ref: false })
    try {
      await device.renew({ onlyIfDue: true })
    } catch (error) {
      // Tried again at the next turn: the authority may be away, or the device revoked for a test.
      say(error instanceof Error ? error.message : String(error))
    }
  }
}

function say(text: string): void {
  process.stderr.write(`device: ${text}\n`)
}

function toProblem(error: unknown): unknown {
  if (!isSallyportError(error)) return error
  return new Problem('start_failed', { detail: `${error.code}: ${error.message}`, cause: error })
}
