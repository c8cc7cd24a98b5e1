import { isProblem, type Problem, type ReasonCode } from '@sallyport/problem'
import type { Logger } from 'pino'

/** What a problem is about. */
export type ProblemSubject = 'statusList' | 'roots' | 'snapshot'

/** Something that is wrong with what evidence is judged by, and goes on. */
export type TrustProblem = {
  readonly code: ReasonCode
  readonly about: ProblemSubject
  readonly detail: string
  /** Milliseconds. */
  readonly since: number
}

/** What is wrong now. Each problem is logged when it begins and when it ends, and not in between. */
export class TrustProblems {
  readonly #log: Logger
  readonly #now: () => number
  readonly #problems = new Map<string, TrustProblem>()

  constructor(log: Logger, now: () => number) {
    this.#log = log
    this.#now = now
  }

  get all(): readonly TrustProblem[] {
    return [...this.#problems.values()]
  }

  /** It is wrong, still or from now on. */
  raise(code: ReasonCode, about: ProblemSubject, detail: string): void {
    const key = `${code} ${about}`
    const known = this.#problems.get(key)
    this.#problems.set(key, { code, about, detail, since: known?.since ?? this.#now() })
    if (known === undefined) this.#log.warn({ code, about, detail }, 'attestation trust problem')
  }

  /** It is not wrong, any more. */
  clear(code: ReasonCode, about: ProblemSubject): void {
    const known = this.#problems.get(`${code} ${about}`)
    if (known === undefined) return
    this.#problems.delete(`${code} ${about}`)
    this.#log.info({ code, about }, 'attestation trust problem is over')
  }

  /** Raises or clears. @param detail undefined where all is well */
  set(code: ReasonCode, about: ProblemSubject, detail: string | undefined): void {
    if (detail === undefined) this.clear(code, about)
    else this.raise(code, about, detail)
  }

  /** Raises the problem that was thrown. @throws what is none of ours */
  raiseThrown(error: unknown, about: ProblemSubject): void {
    if (!isProblem(error)) throw error
    this.raise(error.code, about, sentence(error))
  }
}

function sentence({ detail, message, expected, found }: Problem): string {
  if (detail !== undefined) return detail
  return expected === undefined ? message : `${message}: expected ${expected}, found ${found}`
}
