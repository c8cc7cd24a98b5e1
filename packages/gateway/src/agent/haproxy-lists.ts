import { fromBase64url } from '@sallyport/wire'
import type { KnownChange } from '../worker/messages.ts'

/** What HAProxy refuses by: lists of what is not active. */
export const haproxyLists = {
  device: {
    file: 'devices.acl',
    /** As the configuration finds it in the DER of a certificate: the characters of the id in hex. */
    valueOf: (deviceId: string) => Buffer.from(deviceId, 'latin1').toString('hex').toUpperCase(),
  },
  certificate: {
    file: 'certificates.acl',
    /** `ssl_c_der,sha2(256),hex`. */
    valueOf: (thumbprint: string) =>
      Buffer.from(fromBase64url(thumbprint) ?? [])
        .toString('hex')
        .toUpperCase(),
  },
} as const

export type HaproxyListName = keyof typeof haproxyLists

/** The list that a change is about, where HAProxy can know of it at all: it sees no tokens. */
export function listOf(kind: KnownChange['kind']): HaproxyListName | undefined {
  return kind === 'device' || kind === 'certificate' ? kind : undefined
}

/** When the authority was last heard, seconds: HAProxy refuses by its age. */
export const heardMap = { file: 'heard.map', key: 'heard' } as const
/** The CAs whose devices HAProxy lets in. */
export const caFile = 'device-ca.pem'
/** The streams that are open, by device and address. */
export const streamTable = 'sallyport_streams'
