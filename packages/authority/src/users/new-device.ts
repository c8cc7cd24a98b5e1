import type { Platform } from '@sallyport/wire'
import { type Appraisal, noEvidence } from '../appraisals/appraisal.ts'
import type { AppConfig } from '../config/app-config.ts'
import type { Admission } from '../enrollment/admission.ts'
import type { User } from './admit-user.ts'

/** Who asks for a device. JSON, for it is kept with the admission while approval is waited for. */
export type Claimant = {
  /** By an access token that was verified; absent where none was asked for, or mode `shadow` let it pass. */
  user?: User
  /** What the phone calls itself: a claim. */
  phoneId?: string
  /** Evidence came, and no check of it failed. */
  isProven: boolean
  /** An operator handed out a one-time token for it. */
  isInvited?: boolean
}

export function claimantOf(
  { outcome, format }: Appraisal,
  { phoneId }: { phoneId?: string | undefined },
  { user, isInvited }: { user: User | undefined; isInvited: boolean },
): Claimant {
  return {
    ...(user === undefined ? {} : { user }),
    ...(phoneId === undefined ? {} : { phoneId }),
    isProven: outcome === 'accepted' && format !== noEvidence,
    isInvited,
  }
}

/** What the write of an enrolment counts by, and whom the device is for. */
export type NewDevice = Claimant & {
  appId: string
  app: AppConfig
  platform: Platform
  development: boolean
  address: string
  /** SHA-256 of the SPKI of the attestation certificate that vouches for its key. */
  batch: string | null
  provisioning: 'remote' | 'factory' | null
  now: number
}

/** A device as it was admitted, before it is one. */
export function newDevice(
  { appId, app, caller }: { appId: string; app: AppConfig; caller: { address: string } },
  admission: Admission,
  now: number,
): NewDevice {
  const { platform, kind, batch, provisioning, claimant } = admission
  return {
    ...(claimant ?? { isProven: false }),
    appId,
    app,
    platform,
    development: kind === 'development',
    address: caller.address,
    batch,
    provisioning,
    now,
  }
}
