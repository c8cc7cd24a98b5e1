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
  // Beside evidence
  attestation_signal_required: refused(
    'A signal that the app asks for beside evidence is missing',
    'Send the formats under enrollment.signals of the app as `signals`, such as a Play Integrity token, made for the challenge of this very message.',
  ),

  // Android Key Attestation
  status_list_malformed: {
    area: 'attestation',
    status: 0,
    title: 'The list of revoked attestation keys cannot be read',
    fix: 'Fetch the list anew. The last good one stays in use, and its age is watched.',
    retryable: true,
  },
  // Apple Managed Device Attestation
  managed_device_issuer_unfit: refused(
    'A certificate in the chain stands where it may not',
    'A key that was attested signed another attestation: treat it as forged.',
  ),
  managed_device_key_foreign: refused(
    'The attested key is of no kind that a Secure Enclave makes',
    'Make the key with kSecAttrTokenIDSecureEnclave, or HardwareBound in the payload of the MDM. Otherwise treat the evidence as forged.',
  ),
  managed_device_freshness_stale: refused(
    'The attestation was made for another challenge',
    'Devices hand out an old attestation where they were asked more than once within about a week. Where the key is new too, it is replayed.',
  ),
  managed_device_anonymous: refused(
    'The attestation names no device',
    'Apple leaves serial number and UDID out where a person enrolled a phone of their own. Enrol it as a device of the organisation, or drop requireIdentity.',
  ),
  managed_device_serial_number_unlisted: refused(
    'The serial number of the device is not listed',
    'Add it to serialNumbers of the app if the device is one of yours.',
  ),
  managed_device_udid_unlisted: refused(
    'The UDID of the device is not listed',
    'Add it to udids of the app if the device is one of yours.',
  ),
  managed_device_os_too_old: refused(
    'The operating system of the managed device is older than the policy of the app allows',
    'Update the device, or lower minimumOsVersion of the app.',
  ),
  managed_device_sip_off: refused(
    'System Integrity Protection of the Mac is off, or not attested',
    'Turn it on with csrutil in recovery. A Mac attests it from macOS 14.2 on.',
  ),
  managed_device_boot_reduced: refused(
    'The Mac does not start with full security, or does not attest it',
    'Set Full Security in the Startup Security Utility. A Mac attests it from macOS 14.2 on.',
  ),
  managed_device_kernel_extensions_allowed: refused(
    'The Mac allows kernel extensions of others, or does not attest that it does not',
    'Set Full Security in the Startup Security Utility, which allows none.',
  ),
  // Play Integrity
  play_integrity_not_configured: refused(
    'Play Integrity tokens cannot be opened: the app has no keys for them',
    'Set the keys under playIntegrity of the app: the Play Console hands them out where responses are managed by yourself.',
  ),
  play_integrity_decryption_failed: refused(
    'The Play Integrity token is not encrypted for this app',
    'Compare the decryption key with the one in the Play Console. Where it is right, the token is of another app, or forged.',
  ),
  play_integrity_signature_invalid: refused(
    'The Play Integrity token is not signed by Google for this app',
    'Compare the verification key with the one in the Play Console. Where it is right, treat the token as forged.',
  ),
  play_integrity_verdict_malformed: refused(
    'The verdict in the Play Integrity token is not as Google documents it',
    'Google signed it, so something changed: compare the claims with its documentation, and report it.',
  ),
  play_integrity_package_foreign: refused(
    'The Play Integrity token is of another app',
    'Add the package to packages of the app if it is one of yours. Otherwise another app asked for the token.',
  ),
  play_integrity_token_old: refused(
    'The Play Integrity token is too old, or of the future',
    'Ask for the token right before it is sent. If all are refused, look at the clock of the authority.',
  ),
  play_integrity_app_unrecognised: refused(
    'Google does not recognise the app as the one that it distributes',
    "The app was changed, or comes from elsewhere. Builds for tests need Play's internal sharing, or another policy.",
  ),
  play_integrity_signer_foreign: refused(
    'The app on the phone is signed by someone else',
    'Compare signerDigests of the app with the certificates under app signing in the Play Console. Otherwise the app was repackaged.',
  ),
  play_integrity_version_too_old: refused(
    'The app on the phone is older than the policy allows',
    'Update the app, or lower minimumVersionCode.',
  ),
  play_integrity_device_unrecognised: refused(
    'Google does not say of the phone what the policy asks for',
    'The phone is rooted, an emulator, or without Google Play. See the verdicts in the claims, and which of them deviceRecognition asks for.',
  ),
  play_integrity_app_unlicensed: refused(
    'The account on the phone did not get the app from Google Play',
    'Have the user install it from Google Play, or drop appLicensing of the app.',
  ),
  // Development
  development_statement_invalid: refused(
    'The development evidence is not signed by the key that is to be certified',
    'Sign the challenge and the public key of the request with its private key.',
  ),
} as const satisfies Record<string, Reason>
