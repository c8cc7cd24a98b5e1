import { isInvoke, Op, writesRegisterA } from '../opcodes.ts'
import type { MethodReference } from '../references.ts'
import { bodyOf, type MethodBody } from './method-body.ts'

export const isVerifyOfHostname = ({ name, signature }: MethodReference): boolean =>
  name === 'verify' && signature === '(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z'

/**
 * Whether the method returns `true` whatever it is asked: each register that it returns is only ever written with 1,
 * or with what another method of the same DEX gives, of which the same holds (a lambda's body). A `throw` refuses.
 */
export function isAlwaysTrue(
  within: Pick<MethodBody, 'dex' | 'references' | 'codeOf'>,
  id: number,
  depth = 3,
): boolean {
  const body = bodyOf(within, id)
  if (body === undefined || depth === 0) return false
  const { instructions } = body
  if (instructions.some(({ opcode }) => opcode === Op.throw)) return false
  const returned = new Set(
    instructions.filter(({ opcode }) => opcode === Op.return).map(({ a }) => a),
  )
  if (returned.size === 0) return false
  const written = new Set<number>()
  for (const [index, { opcode, a, literal }] of instructions.entries()) {
    if (writesRegisterA[opcode] !== 1 || !returned.has(a)) continue
    written.add(a)
    if (opcode === Op.const4 || opcode === Op.const16) {
      if (literal !== 1) return false
      continue
    }
    const before = instructions[index - 1]
    if (opcode !== Op.moveResult || before === undefined || !isInvoke(before.opcode)) return false
    if (!isAlwaysTrue(body, before.index, depth - 1)) return false
  }
  return written.size === returned.size
}
