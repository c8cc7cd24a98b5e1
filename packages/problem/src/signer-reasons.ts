// A pure table: what the process that holds the keys of the CAs says.
import type { Reason } from './reason.ts'

export const signerReasons = {
  signer_unavailable: {
    area: 'enrolment',
    status: 503,
    title: 'The process that signs does not answer',
    fix: 'It is started again by `sallyport serve`; where it is run by itself, start it. Nothing is issued until then, and what was issued goes on.',
    retryable: true,
  },
  signer_refused: {
    area: 'enrolment',
    status: 500,
    title: 'The signer refuses what the authority asks it to sign',
    fix: 'It signs what the configuration allows, and was asked for something else. Where the configuration changed, reload it. Where it did not, someone may speak with the voice of the authority: look at the log of the signer.',
    retryable: false,
    publicCode: 'internal_error',
  },
  issuer_missing: {
    area: 'enrolment',
    status: 503,
    title: 'No CA issues certificates for this app now',
    fix: 'Run `sallyport ca list`, which says why: its request waits for the root (`sallyport ca import` brings the certificate), it was withdrawn, or its key is not here.',
    retryable: true,
  },
  renewal_protocol_mismatch: {
    area: 'enrolment',
    status: 403,
    title: 'The certificate was issued by another protocol, and is renewed by that',
    fix: 'Renew it as it was enrolled: by EST, SCEP or ACME. To be attested, the device enrols anew here.',
    action: 're-enroll',
    retryable: false,
  },
  signer_socket_refused: {
    area: 'setup',
    status: 0,
    title: 'The socket of the signer is not where only its owner can reach it',
    fix: 'Its directory has mode 0700 and the socket 0600, both of the user that the authority runs as. Remove what is in their place.',
    retryable: false,
  },
} as const satisfies Record<string, Reason>
