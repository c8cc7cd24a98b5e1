// A pure table: what is wrong with a message in CMS (RFC 5652), as SCEP carries them.
import type { Reason } from './reason.ts'

export const cmsReasons = {
  cms_malformed: {
    area: 'enrolment',
    status: 400,
    title: 'The message in CMS cannot be read',
    fix: 'Send BER or DER as RFC 5652 has it: SignedData of one signer, EnvelopedData to RSA keys.',
    retryable: false,
  },
  cms_recipient_unknown: {
    area: 'enrolment',
    status: 400,
    title: 'The message is encrypted to another recipient',
    fix: 'Encrypt it to the certificate that GetCACert answers with. After a rotation ask for it again.',
    retryable: false,
  },
  cms_cipher_not_allowed: {
    area: 'enrolment',
    status: 400,
    title: 'The message is encrypted with a cipher that is not allowed',
    fix: 'Use AES in CBC mode, as GetCACaps announces.',
    retryable: false,
  },
  cms_decryption_failed: {
    area: 'enrolment',
    status: 400,
    title: 'The message cannot be decrypted',
    fix: 'Encrypt the content with a fresh key, and that key to the RSA key of the recipient. Which of the two failed is not told to anyone.',
    retryable: false,
  },
  cms_signature_invalid: {
    area: 'enrolment',
    status: 400,
    title: 'The message is not signed by the certificate it carries',
    fix: 'Sign with SHA-256 or better, over attributes that hold type and digest of the content.',
    retryable: false,
  },
} as const satisfies Readonly<Record<string, Reason>>
