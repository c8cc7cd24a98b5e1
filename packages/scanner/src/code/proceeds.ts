import { type Called, type Flow, returnsWithout, type Step } from './flow.ts'

export const isOnReceivedSslError = ({ name, signature }: Called): boolean =>
  name === 'onReceivedSslError' &&
  signature ===
    '(Landroid/webkit/WebView;Landroid/webkit/SslErrorHandler;Landroid/net/http/SslError;)V'

/**
 * Whether every way through the method calls `handler.proceed()`, apart from those where an argument is null: then
 * each page is loaded, whatever its certificate. Where it depends on the error, on a flag, or on the user's word, this
 * says no.
 */
export function alwaysProceeds(flow: Flow, depth = 2): boolean {
  if (depth === 0) return false
  const proceeds = ({ call }: Step) => {
    if (call === undefined) return false
    if (call.owner === 'Landroid/webkit/SslErrorHandler;' && call.name === 'proceed') return true
    const takesHandler = call.signature.includes('SslErrorHandler;')
    const followed = takesHandler ? flow.follow(call) : undefined
    return followed !== undefined && alwaysProceeds(followed, depth - 1)
  }
  // `handler?.proceed()`: null never comes.
  return !returnsWithout(flow, proceeds, false)
}
