// A pure table: why evidence of a device's key is refused. The phone hears `evidence_refused` and no more.
import type { Reason } from './reason.ts'

const refused = (title: string, fix: string): Reason => ({
  area: 'attestation',
  status: 403,
  title,
  fix,
  retryable: false,
  publicCode: 'evidence_refused',
})

export const attestationReasons = {
  // Every format
  attestation_malformed: refused(
    'The evidence cannot be read',
    'Send the evidence exactly as the platform returned it. Where it is, the phone makes evidence that its format does not allow: treat it as forged.',
  ),
  attestation_too_large: refused(
    'The evidence is larger than evidence of its format ever is',
    'Send the evidence exactly as the platform returned it. Where it is, treat it as an attack.',
  ),
  attestation_challenge_mismatch: refused(
    'The evidence was made for another challenge',
    'Hand the challenge of this very enrolment to the platform when the key is made. Evidence of another challenge is replayed, or relayed from elsewhere.',
  ),
  attestation_key_mismatch: refused(
    'The evidence is about another key than the one to be certified',
    'Make the signing request with the key that the evidence is about.',
  ),
  attestation_assurance_too_low: refused(
    'The evidence proves less than the policy of the app asks for',
    'Lower minimumAssurance of the app, or enrol the phone with evidence that proves more.',
  ),
  attestation_root_untrusted: refused(
    'The chain of the evidence does not end at a root that is configured',
    'A root is never taken from the evidence. If the maker of the platform published a new one, add its key to the configuration; otherwise treat the evidence as forged.',
  ),
  attestation_signature_invalid: refused(
    'A signature in the chain of the evidence does not verify',
    'The evidence was altered, or put together from parts of others: treat it as forged.',
  ),
  attestation_names_broken: refused(
    'A certificate in the chain of the evidence does not name the next one as its issuer',
    'Send the chain whole and in the order that the platform returned it, leaf first.',
  ),
  attestation_certificate_expired: refused(
    'A certificate in the chain of the evidence is not valid at this time',
    'Have the phone make new evidence: attestation certificates live for weeks. If all phones fail, look at the clock of the authority.',
  ),
  // Android Key Attestation
  status_list_malformed: {
    area: 'attestation',
    status: 0,
    title: 'The list of revoked attestation keys cannot be read',
    fix: 'Fetch the list anew. The last good one stays in use, and its age is watched.',
    retryable: true,
  },
} as const satisfies Record<string, Reason>
