import { type Called, type Flow, returnsWithout } from './flow.ts'

export const isCheckServerTrusted = ({ name, signature }: Called): boolean =>
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
 * Calls to methods whose bodies are at hand are followed to a depth; others are believed to check.
 *
 * @returns undefined where it may check
 */
export function trustOf(flow: Flow): 'trusts-every-certificate' | 'checks-only-dates' | undefined {
  const { canReject, asksDates } = rejectionOf(flow, 3)
  if (canReject) return undefined
  return asksDates ? 'checks-only-dates' : 'trusts-every-certificate'
}

function rejectionOf(
  flow: Flow,
  depth: number,
): { readonly canReject: boolean; readonly asksDates: boolean } {
  // What never returns refuses everything.
  if (!returnsWithout(flow, () => false)) return { canReject: true, asksDates: false }
  let asksDates = false
  // Something was asked of a certificate: here, or by a call whose exception is caught, and may be thrown again.
  let looksAtOne = false
  for (const step of flow.steps) {
    if (step.call === undefined) continue
    const { owner, name } = step.call
    if (flow.isCaught(step)) {
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
    const called = depth > 0 ? flow.follow(step.call) : undefined
    if (called === undefined) return { canReject: true, asksDates }
    const followed = rejectionOf(called, depth - 1)
    if (followed.canReject) return { canReject: true, asksDates }
    asksDates ||= followed.asksDates
  }
  const throws = flow.steps.some((step) => step.throws && !flow.isCaught(step))
  const takesOneOut = flow.steps.some(({ takesElement }) => takesElement)
  // A throw where nothing was asked of a certificate is about the arguments: null, or an empty chain.
  return { canReject: throws && (looksAtOne || takesOneOut), asksDates }
}
