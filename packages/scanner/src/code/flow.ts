/** A method as a call names it, of DEX or of a class file alike. */
export type Called = {
  /** Descriptor: `Ljava/security/cert/X509Certificate;`. */
  readonly owner: string
  readonly name: string
  /** `([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V` */
  readonly signature: string
}

/** An instruction, as far as shapes ask. */
export type Step = {
  readonly call?: Called
  readonly throws?: true
  readonly returns?: true
  /** Takes an element out of an array. */
  readonly takesElement?: true
  /** Steps that may come next, by index. What lies beyond the last ends nowhere. */
  readonly next: readonly number[]
  /** Where it asks whether an argument is null: what comes next if none ever is. */
  readonly nextUnlessNull?: readonly number[]
}

/** The body of a method. The first step is where it begins. */
export type Flow = {
  readonly steps: readonly Step[]
  /** Whether what is thrown at a step is caught, whatever it says of a certificate. */
  readonly isCaught: (step: Step) => boolean
  /** The body of a method that is called. Undefined where it is not at hand, or too long. */
  readonly follow: (call: Called) => Flow | undefined
}

/** Descriptors of what a handler catches that catches every refusal of a certificate. */
export const catchesEveryRefusal: ReadonlySet<string> = new Set([
  'Ljava/lang/Throwable;',
  'Ljava/lang/Exception;',
  'Ljava/security/GeneralSecurityException;',
  'Ljava/security/cert/CertificateException;',
])

/**
 * Whether a `return` can be reached from the beginning without passing what `isPassed` says.
 *
 * @param mayBeNull whether arguments are ever null
 */
export function returnsWithout(
  { steps }: Flow,
  isPassed: (step: Step) => boolean,
  mayBeNull = true,
): boolean {
  const reached = new Set<number>()
  const open = [0]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const step = steps[index]
    if (step === undefined || reached.has(index) || isPassed(step)) continue
    reached.add(index)
    if (step.returns) return true
    open.push(...((mayBeNull ? undefined : step.nextUnlessNull) ?? step.next))
  }
  return false
}
