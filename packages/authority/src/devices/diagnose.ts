import { isProblem, publicCode, type ReasonCode, reasonOf } from '@sallyport/problem'
import { type Diagnosis, type DiagnoseRequest, fromBase64url } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import { readActive, refuseOutOfDate, verifyOwnCertificate } from './authenticate-device.ts'

/**
 * Why a gateway would refuse a certificate, for a phone whose handshake failed: public faces only,
 * and how far its clock is off.
 *
 * @param peer DER of the client certificate of the connection, where the message brings none
 */
export async function diagnose(
  authority: Authority,
  message: DiagnoseRequest,
  peer: Uint8Array | undefined,
): Promise<Diagnosis> {
  const now = authority.now()
  const code = await firstRefusal(authority, message.certificate, peer, now)
  const told = code === undefined ? undefined : publicCode(code)
  const reason = told === undefined ? undefined : reasonOf(told)
  const deviceTime = message.deviceTime === undefined ? undefined : Date.parse(message.deviceTime)
  return {
    ok: told === undefined,
    ...(told === undefined ? {} : { code: told }),
    ...(reason === undefined ? {} : { title: reason.title }),
    ...(reason?.action === undefined ? {} : { action: reason.action }),
    serverTime: new Date(now).toISOString(),
    ...(deviceTime === undefined || Number.isNaN(deviceTime)
      ? {}
      : { clockOffsetMs: now - deviceTime }),
  }
}

async function firstRefusal(
  authority: Authority,
  text: string | undefined,
  peer: Uint8Array | undefined,
  now: number,
): Promise<ReasonCode | undefined> {
  const der = text === undefined ? peer : fromBase64url(text)
  if (text === undefined && peer === undefined) return 'device_certificate_required'
  if (der === undefined) return 'device_certificate_malformed'
  try {
    const identity = verifyOwnCertificate(authority.issuers, der)
    refuseOutOfDate(identity, now)
    await readActive(authority.store.read, identity.thumbprint)
  } catch (error) {
    if (isProblem(error)) return error.code
    throw error
  }
  return undefined
}
