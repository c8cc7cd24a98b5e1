/** Extended key usages (RFC 5280 §4.2.1.12 and who registered others), by OID. */
const purposeNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.5': 'ipsecEndSystem',
  '1.3.6.1.5.5.7.3.6': 'ipsecTunnel',
  '1.3.6.1.5.5.7.3.7': 'ipsecUser',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '1.3.6.1.5.5.7.3.17': 'ipsecIKE',
  '1.3.6.1.5.2.3.4': 'Kerberos client',
  '1.3.6.1.5.2.3.5': 'Kerberos server',
  '1.3.6.1.4.1.311.10.3.4': 'Encrypting File System',
  '1.3.6.1.4.1.311.20.2.2': 'smart card logon',
  '1.2.840.113635.100.4.1': 'Apple code signing',
  '2.5.29.37.0': 'any',
}

/** What a certificate may be used for: its name where it has one, else the OID. */
export function purposeName(oid: string): string {
  return Object.hasOwn(purposeNames, oid) ? (purposeNames[oid] as string) : oid
}
