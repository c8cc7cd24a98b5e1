import { isId, type StatusKind, type UnconfirmedStatus } from '@sallyport/wire'

type Form = { readonly statuses: ReadonlySet<string>; readonly isKey: (key: string) => boolean }

const isHash = (key: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(key)
const isDevice = (key: string): boolean => isId('device', key)
const ended = new Set(['ended'])

/** What of each kind refuses, and what its keys look like. */
const forms: Readonly<Record<StatusKind, Form>> = {
  certificate: { statuses: new Set(['superseded', 'revoked']), isKey: isHash },
  device: { statuses: new Set(['suspended', 'superseded', 'revoked']), isKey: isDevice },
  issuer: { statuses: new Set(['withdrawn']), isKey: isHash },
  token: { statuses: ended, isKey: isHash },
  subject: { statuses: ended, isKey: isHash },
  session: { statuses: ended, isKey: isHash },
  deviceTokens: { statuses: ended, isKey: isDevice },
}

/**
 * Whether a gateway can go on refusing this. What is confirmed is told to all gateways: one of them must be able
 * to say neither that something counts again, nor that another gateway is revoked, nor what nobody can read.
 */
export function isReportable({
  kind,
  key,
  status,
}: Pick<UnconfirmedStatus, 'kind' | 'key' | 'status'>): boolean {
  const form = Object.hasOwn(forms, kind) ? forms[kind as StatusKind] : undefined
  return form !== undefined && form.statuses.has(status) && form.isKey(key)
}
