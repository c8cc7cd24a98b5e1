import { Op } from '../opcodes.ts'
import type { MethodReference } from '../references.ts'
import { bodyOf, callsOf, isCaught, type MethodBody, returnsWithout } from './method-body.ts'

export const isCheckServerTrusted = ({ name, signature }: MethodReference): boolean =>
  name === 'checkServerTrusted' &&
  signature.startsWith('([Ljava/security/cert/X509Certificate;Ljava/lang/String;')

/** What these throw has nothing to do with whether a certificate is to be trusted. */
const harmless =
  /(Log|Logger|Exception|Error);$|^L(java\/lang\/|java\/util\/(?!function)|java\/io\/PrintStream|android\/util\/Log;|kotlin\/jvm\/internal\/Intrinsics;|kotlin\/Unit;|timber\/log\/|org\/slf4j\/|java\/security\/Principal;|javax\/security\/auth\/x500\/|java\/math\/)/
const certificates = /^Ljava\/security\/cert\/(X509)?Certificate;$/

/**
 * `checkServerTrusted` refuses by throwing. One that throws nothing itself, and calls nothing that could, or catches
 * what that throws, trusts every certificate. One that only asks `checkValidity` trusts all that are in date.
 *
 * Calls to methods of the same DEX are followed to a depth; others are believed to check.
 *
 * @returns undefined where it may check
 */
export function trustOf(
  within: Pick<MethodBody, 'dex' | 'references' | 'codeOf'>,
  id: number,
): 'trusts-every-certificate' | 'checks-only-dates' | undefined {
  const body = bodyOf(within, id)
  if (body === undefined) return undefined
  const { canReject, asksDates } = rejectionOf(body, 3)
  if (canReject) return undefined
  return asksDates ? 'checks-only-dates' : 'trusts-every-certificate'
}

function rejectionOf(
  body: MethodBody,
  depth: number,
): { readonly canReject: boolean; readonly asksDates: boolean } {
  // What never returns refuses everything.
  if (
    !returnsWithout(
      body,
      () => false,
      () => 'both',
    )
  )
    return { canReject: true, asksDates: false }
  let asksDates = false
  // Something was asked of a certificate: here, or by a call whose exception is caught, and may be thrown again.
  let looksAtOne = false
  for (const { index, unit } of callsOf(body)) {
    const { owner, name } = body.references.method(index)
    if (isCaught(body, unit)) {
      looksAtOne ||= !harmless.test(owner)
      continue
    }
    if (certificates.test(owner)) {
      if (name === 'checkValidity') asksDates = true
      else if (name !== 'getEncoded' && name.startsWith('get')) looksAtOne = true
      else return { canReject: true, asksDates }
      continue
    }
    if (harmless.test(owner)) continue
    const called = depth > 0 ? bodyOf(body, index) : undefined
    if (called === undefined) return { canReject: true, asksDates }
    const followed = rejectionOf(called, depth - 1)
    if (followed.canReject) return { canReject: true, asksDates }
    asksDates ||= followed.asksDates
  }
  const throws = body.instructions.some(
    ({ opcode, unit }) => opcode === Op.throw && !isCaught(body, unit),
  )
  // A throw where nothing was asked of a certificate is about the arguments: null, or an empty chain.
  return { canReject: throws && (looksAtOne || takesOneOut(body)), asksDates }
}

function takesOneOut({ instructions }: MethodBody): boolean {
  return instructions.some(({ opcode }) => opcode >= Op.aget && opcode <= Op.agetShort)
}
