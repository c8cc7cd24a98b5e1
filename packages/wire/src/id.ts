import { toBase32 } from './encoding.ts'

/** What has an id of ours, and its prefix. An id is the prefix and 128 random bits in base32. */
export const idPrefixes = {
  device: 'dev_',
  request: 'req_',
  enrollmentToken: 'ent_',
  approval: 'apr_',
  adminToken: 'adm_',
  mdmCredential: 'mdm_',
  gatewayInstance: 'gwi_',
  epoch: 'epo_',
  handshake: 'hsk_',
  appraisal: 'apl_',
  proposal: 'prp_',
  accessToken: 'atk_',
  breakGlass: 'brk_',
  acmeCredential: 'eab_',
  acmeAccount: 'acc_',
  acmeOrder: 'ord_',
  acmeAuthorization: 'ath_',
} as const
export type IdKind = keyof typeof idPrefixes

/** A new id, such as `dev_` and 26 characters. */
export function newId(kind: IdKind): string {
  return idPrefixes[kind] + toBase32(crypto.getRandomValues(new Uint8Array(16)))
}

const idTail = /^[a-z2-7]{26}$/

/** Whether a string from outside has the form of an id of this kind. */
export function isId(kind: IdKind, value: string): boolean {
  const prefix = idPrefixes[kind]
  return value.startsWith(prefix) && idTail.test(value.slice(prefix.length))
}
