/**
 * How rules are called in SARIF, which wants ids that are stable and say nothing (2.1.0 §3.49.3): whoever keeps alerts
 * by them loses none when a rule is worded anew. A code is never given to another rule; the next free one is the last
 * one and one.
 */
export const ruleCodes: Readonly<Record<string, string>> = {
  'client-identity': 'SPS1001',
  'private-key': 'SPS1002',
  'locked-keystore': 'SPS1003',
  'known-public-key': 'SPS1004',
  'embedded-certificate': 'SPS1005',
  'hardcoded-secret': 'SPS1006',
  'weak-key': 'SPS1007',
  'cleartext-traffic': 'SPS2001',
  'user-ca-trusted': 'SPS2002',
  'pinning-missing': 'SPS2003',
  'pin-set-expired': 'SPS2004',
  'pin-set-expiring': 'SPS2005',
  'pin-set-invalid': 'SPS2006',
  'pin-backup-missing': 'SPS2007',
  'tls-validation-disabled': 'SPS2008',
  'ats-weakened': 'SPS2009',
  'weak-tls-version': 'SPS2010',
  'ungated-endpoint': 'SPS2011',
  debuggable: 'SPS3001',
  'backup-allowed': 'SPS3002',
  'debug-provisioning': 'SPS3003',
  'exported-file-provider': 'SPS3004',
  'external-storage-write': 'SPS4001',
  'world-readable-file': 'SPS4002',
  'plain-preferences-secret': 'SPS4003',
  'secret-logged': 'SPS4004',
  'keychain-always-accessible': 'SPS4005',
  'file-protection-none': 'SPS4006',
}
