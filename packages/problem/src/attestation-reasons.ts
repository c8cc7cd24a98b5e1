// A pure table: why evidence of a device's key is refused. The phone hears a public face and no more.
import type { Reason } from './reason.ts'

const refused = (title: string, fix: string): Reason => ({
  area: 'attestation',
  status: 403,
  title,
  fix,
  retryable: false,
  publicCode: 'evidence_refused',
})

/** Of asking Apple for a receipt: no phone is answered with it. */
const refresh = (title: string, fix: string): Reason => ({
  area: 'attestation',
  status: 0,
  title,
  fix,
  retryable: false,
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
  android_chain_shape_unknown: refused(
    'The chain of the key attestation is of no form that phones have',
    'Send what KeyStore.getCertificateChain() returns, whole. If phones of a new kind fail here, their provisioning is new: update Sallyport.',
  ),
  android_key_description_missing: refused(
    'The leaf of the chain attests no key',
    'Call setAttestationChallenge() when the key is made, and send the chain of that key, leaf first.',
  ),
  android_chain_extended: refused(
    'The chain was extended below the certificate of an attested key',
    'An attested key of a genuine phone signed a certificate of another key. Treat it as an attack, and the phone as its tool.',
  ),
  android_key_description_in_intermediate: refused(
    'A certificate above the keys of the phone attests a key',
    'Genuine chains have one attestation, in the leaf. Treat it as forged.',
  ),
  android_attest_key_not_allowed: refused(
    'The key is attested by a key of the phone that attests others',
    'Make the key without setAttestKeyAlias(), or set allowAttestKey for the app.',
  ),
  android_attest_key_unbound: refused(
    'The key that attests and the attested key are not bound to each other',
    'Both keys must be made by the same app, in the same secure hardware, on the phone as it is booted now, and the one may do nothing but attest. Make a new attesting key; if that does not help, treat it as forged.',
  ),
  android_chain_level_mismatch: refused(
    'The attestation claims another security level than its chain was issued for',
    'The key that attests belongs to other hardware than it says: treat it as forged.',
  ),
  android_key_revoked: refused(
    'A certificate of the attestation is revoked by Google',
    'The key that attests was stolen, or the phone is one of a kind that leaked its keys. Nothing that such a phone says can be believed; the user needs another phone.',
  ),
  android_key_suspended: refused(
    'A certificate of the attestation is suspended by Google',
    'Google doubts the key that attests. Wait until it decides, or enrol the user with another phone.',
  ),
  // Nothing is wrong with the phone: it may come again.
  android_status_list_too_old: {
    area: 'attestation',
    status: 503,
    title: 'The list of revoked attestation keys is missing or too old',
    fix: 'Look at sallyport attestation status: the authority cannot fetch the list, or its snapshot is old. whenTooOld: allow lets phones pass meanwhile.',
    retryable: true,
    publicCode: 'attestation_unavailable',
  },
  android_key_in_software: refused(
    'The key, or what attests it, lives in software',
    'The phone has no secure hardware for keys, or did not use it. Emulators and some phones without Google services are so.',
  ),
  android_security_levels_differ: refused(
    'The key was attested in another place than it lives in',
    'An attestation proves nothing of a key elsewhere. Old phones with Keymaster 2 do this; others do not: treat it as forged.',
  ),
  android_key_not_generated: refused(
    'The key was not generated in secure hardware',
    'Make the key with KeyPairGenerator of AndroidKeyStore. A key that was imported has been elsewhere.',
  ),
  android_key_purpose_refused: refused(
    'The key was made for other purposes than to sign',
    'Make the key with PURPOSE_SIGN, or PURPOSE_SIGN and PURPOSE_VERIFY.',
  ),
  android_key_kind_refused: refused(
    'The key is of a kind that the policy does not take',
    'Make a key on the curve secp256r1, or add its kind to keyKinds of the app if it can be certified.',
  ),
  android_key_parameters_differ: refused(
    'The attestation describes another kind of key than the one it certifies',
    'Genuine hardware does not do this: treat it as forged.',
  ),
  android_key_for_all_apps: refused(
    'The key may be used by every app of the phone',
    'Make the key in the app, in AndroidKeyStore.',
  ),
  android_bootloader_unlocked: refused(
    'The bootloader of the phone is unlocked',
    'Whoever can change the system can change the app. The user has to lock the bootloader, which erases the phone.',
  ),
  android_boot_not_verified: refused(
    'The phone did not boot a system that its maker or the policy trusts',
    'If the system is one that you trust, add the digest of its key to verifiedBootKeys of the app.',
  ),
  android_package_mismatch: refused(
    'The key was made for an app of another package',
    'Add the package to android.packages of the app, if it is yours. Otherwise another app tries to enrol.',
  ),
  android_signer_mismatch: refused(
    'The key was made for an app of another signer',
    'Add the SHA-256 of the signing certificate to android.signerDigests of the app: Play signs with a key of its own. Otherwise a repackaged app tries to enrol.',
  ),
  android_attestation_version_too_low: refused(
    'The attestation is of an older version than the policy asks for',
    'Lower minimumAttestationVersion of the app, or tell the user that the phone is too old.',
  ),
  android_os_version_too_low: refused(
    'The phone runs an older Android than the policy asks for',
    'The user has to update the phone, or lower minimumOsVersion of the app.',
  ),
  android_os_patch_level_too_old: refused(
    'The security patch level of the system is older than the policy allows',
    'The user has to update the phone, or lower minimumOsPatchLevel or maximumPatchAgeDays of the app.',
  ),
  android_vendor_patch_level_too_old: refused(
    'The security patch level of the vendor image is older than the policy allows',
    'The user has to update the phone, or lower minimumVendorPatchLevel or maximumPatchAgeDays of the app.',
  ),
  android_boot_patch_level_too_old: refused(
    'The security patch level of the boot image is older than the policy allows',
    'The user has to update the phone, or lower minimumBootPatchLevel or maximumPatchAgeDays of the app.',
  ),
  android_user_authentication_mismatch: refused(
    'The key asks for the user otherwise than the policy wants',
    'required: make the key with setUserAuthenticationRequired(true) and a timeout of 0. none: make it without.',
  ),
  android_remote_provisioning_missing: refused(
    'The phone is of an age that is provisioned remotely, and its chain is of a factory',
    'Phones of this KeyMint get their keys from Google. A factory key on one is stolen from an older phone, or remoteProvisioningFrom of the app is too low.',
  ),
  status_list_malformed: {
    area: 'attestation',
    status: 0,
    title: 'The list of revoked attestation keys cannot be read',
    fix: 'Fetch the list anew. The last good one stays in use, and its age is watched.',
    retryable: true,
  },
  // Apple App Attest
  app_attest_nested_too_deep: refused(
    'The App Attest object nests deeper than one of a phone ever does',
    'Send the object exactly as DCAppAttestService returned it. Where it is, treat it as an attack.',
  ),
  app_attest_trailing_bytes: refused(
    'Something follows the App Attest object, or what is known of its authenticator data',
    'Send the object exactly as DCAppAttestService returned it. If all phones of a new iOS fail, Apple appended something new: report it with the claims.',
  ),
  app_attest_assertion_required: refused(
    'The device renews with an attestation of a new App Attest key, not with an assertion by its own',
    'Renew with generateAssertion by the key that was attested at enrolment. If that key is gone, as after a reinstall, enrol again.',
  ),
  app_attest_attestation_required: refused(
    'The device has no App Attest key registered that an assertion could be of',
    'Enrol with attestKey of a key that was just generated.',
  ),
  app_attest_format_unknown: refused(
    'The attestation is of another format than App Attest',
    'Send what attestKey of DCAppAttestService returned, not what a passkey returned.',
  ),
  app_attest_issuer_not_ca: refused(
    'A certificate in the chain of the attestation stands where it may not',
    'A chain is a leaf and one CA under the root. A key that is no CA signed another one: treat it as forged.',
  ),
  app_attest_key_kind: refused(
    'The attested key is no P-256 key',
    'App Attest makes no others: treat it as forged.',
  ),
  app_attest_nonce_mismatch: refused(
    'The attestation was made for another challenge, or for another key to be certified',
    'Hand attestKey the SHA-256 of the clientData of this very enrolment. An attestation of another challenge is replayed, or relayed from elsewhere.',
  ),
  app_attest_app_mismatch: refused(
    'App Attest vouches for another app',
    'Compare teamId and bundleIds of the app with the provisioning profile it is signed with. Otherwise another app vouches for the key.',
  ),
  app_attest_environment_unknown: refused(
    'The attestation is of neither of the environments of App Attest',
    'Treat it as forged.',
  ),
  app_attest_environment_not_allowed: refused(
    'The App Attest key is of an environment that the app does not allow',
    'Apps from Xcode attest in development, those from TestFlight and the App Store in production. For tests, add development to environments of an app of its own.',
  ),
  app_attest_counter_not_zero: refused(
    'The attested key was used before',
    'Attest a key right after it was generated, and enrol with that attestation.',
  ),
  app_attest_credential_id_mismatch: refused(
    'The credential id of the attestation is not the one of the attested key',
    'The attestation was put together from parts of others: treat it as forged.',
  ),
  app_attest_credential_key_mismatch: refused(
    'The credential of the attestation has another key than its certificate',
    'The attestation was put together from parts of others: treat it as forged.',
  ),
  app_attest_key_id_mismatch: refused(
    'The key id of the message is not the one of the attested key',
    'Send the key id that generateKey returned, base64 as it is, with the attestation of that key.',
  ),
  app_attest_other_key: refused(
    'The assertion is of another App Attest key than the one of the device',
    'Assert with the key that was attested at enrolment. If that key is gone, as after a reinstall, enrol again.',
  ),
  app_attest_key_held: refused(
    'The App Attest key vouches for another device',
    'A key is of one installation. Generate a key, and send the attestation of that one.',
  ),
  app_attest_assertion_signature_invalid: refused(
    'The assertion is not by the App Attest key of the device, or is for another challenge or key',
    'Hand generateAssertion the SHA-256 of the clientData of this very renewal, and the key id of the enrolment. Otherwise it is replayed, or of another device.',
  ),
  app_attest_counter_not_risen: refused(
    'The counter of the assertion is not above the one of the last',
    'Send each assertion once. Where phones did, the assertion is replayed, or the key signs for two.',
  ),
  app_attest_validation_category_not_allowed: refused(
    'The app was not installed and validated in a way that the policy allows',
    'Compare validationCategories of the app with how it is distributed: 2 is TestFlight, 3 development, 4 the App Store.',
  ),
  app_attest_bundle_version_too_low: refused(
    'The app is older than the policy allows',
    'Update the app, or lower minimumBundleVersion.',
  ),
  app_attest_receipt_invalid: refused(
    'The receipt in the attestation is missing, or is not one of Apple for this key and app',
    'See which of its checks failed. If those of all phones fail, Apple changed something: report it with the claims.',
  ),
  app_attest_receipt_malformed: refused(
    'The App Attest receipt cannot be read',
    "Keep the receipt exactly as it came. If Apple's own cannot be read, report it.",
  ),
  app_attest_receipt_signer_unknown: refused(
    'The App Attest receipt is signed with a certificate that is not for receipts',
    'Treat it as forged: certificates of developers end at the same root.',
  ),
  app_attest_receipt_signature_invalid: refused(
    'The signature of the App Attest receipt does not verify',
    'The receipt was altered: treat it as forged.',
  ),
  app_attest_receipt_app_mismatch: refused(
    'The App Attest receipt is of another app',
    'Ask for the receipt that came with the attestation of this device.',
  ),
  app_attest_receipt_key_mismatch: refused(
    'The App Attest receipt is for another key',
    'Ask for the receipt that came with the attestation of this device.',
  ),
  app_attest_receipt_too_old: refused(
    'The App Attest receipt was not made just now',
    'Apple answers with a receipt of the moment: an older one is replayed. If all are refused, look at the clock.',
  ),
  app_attest_refresh_malformed: refresh(
    'Apple does not take the App Attest receipt for one',
    'Send the receipt of the last refresh, or of the attestation, to the host of its environment: receipts of development go to data-development.appattest.apple.com.',
  ),
  app_attest_refresh_unauthorized: refresh(
    'Apple does not accept who asks for a new App Attest receipt',
    'Compare the key id, the team id and the private key with the DeviceCheck key in the developer account, and look at the clock.',
  ),
  app_attest_refresh_unknown: refresh(
    'Apple has nothing more on this App Attest receipt',
    'Receipts that nobody refreshes are forgotten in about a month. The next attestation brings a new one.',
  ),
  app_attest_refresh_limited: {
    ...refresh(
      'Apple wants fewer requests for App Attest receipts',
      'Wait, and spread the refreshing of receipts over the day.',
    ),
    retryable: true,
  },
  app_attest_refresh_failed: {
    ...refresh(
      'Apple gave no new App Attest receipt',
      'The one that is kept stays good. Try again later; if it goes on, see whether the address can be reached.',
    ),
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
    'Compare the decryption key with the one in the Play Console. Where it is right, the token is of a standard request, which Google alone opens (the app asks with a classic one), of another app, or forged.',
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
