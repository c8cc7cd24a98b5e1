import { isInvoke, Op } from '../opcodes.ts'
import type { MethodReference } from '../references.ts'
import { bodyOf, type MethodBody, returnsWithout } from './method-body.ts'

export const isOnReceivedSslError = ({ name, signature }: MethodReference): boolean =>
  name === 'onReceivedSslError' &&
  signature ===
    '(Landroid/webkit/WebView;Landroid/webkit/SslErrorHandler;Landroid/net/http/SslError;)V'

/**
 * Whether every way through the method calls `handler.proceed()`, apart from those where an argument is null: then
 * each page is loaded, whatever its certificate. Where it depends on the error, on a flag, or on the user's word, this
 * says no.
 */
export function alwaysProceeds(
  within: Pick<MethodBody, 'dex' | 'references' | 'codeOf'>,
  id: number,
  depth = 2,
): boolean {
  const body = bodyOf(within, id)
  if (body === undefined || depth === 0) return false
  const { code, references } = body
  const firstArgument = code.registers - code.argumentRegisters
  const proceeds = ({ opcode, index }: { opcode: number; index: number }) => {
    if (!isInvoke(opcode)) return false
    const { owner, name, signature } = references.method(index)
    if (owner === 'Landroid/webkit/SslErrorHandler;' && name === 'proceed') return true
    return signature.includes('SslErrorHandler;') && alwaysProceeds(body, index, depth - 1)
  }
  return !returnsWithout(body, proceeds, ({ opcode, a }) => {
    // `handler?.proceed()`: null never comes.
    if (a >= firstArgument && opcode === Op.ifEqz) return 'fall through'
    return a >= firstArgument && opcode === Op.ifNez ? 'branch' : 'both'
  })
}
