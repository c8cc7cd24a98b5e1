// A pure table: what an MDM says of a device that enrols, or does not say.
import type { Reason } from './reason.ts'

export const mdmReasons = {
  mdm_challenge_refused: {
    area: 'enrolment',
    status: 403,
    title: 'The MDM did not hand out this challenge, or not for this request',
    fix: 'Have the device fetch its profile again: a challenge is for one device and a short time. Where all are refused, compare the app and the profile that the MDM has it for.',
    retryable: false,
  },
  mdm_unavailable: {
    area: 'enrolment',
    status: 503,
    title: 'The MDM cannot be asked about a challenge',
    fix: 'Look at protocols.scep.challenge of the app, and whether its URL is reached from here. Devices try again, and none is enrolled until then.',
    retryable: true,
    publicCode: 'authority_busy',
  },
} as const satisfies Readonly<Record<string, Reason>>
