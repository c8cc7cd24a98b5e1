import { type Consideration, considerations, weights } from './considerations.ts'
import {
  isMeant,
  notSure,
  type QuestionName,
  questionNames,
  questions,
  type Situation,
} from './questions.ts'

/** Where device certificates are demanded. */
export type Devices = 'all-routes' | 'some-routes' | 'none'

export type Verdict = 'mutual-tls' | 'tokens' | 'both'

/** What to build: everything that layers and configuration depend on, beside the answers. */
export type Shape = {
  readonly devices: Devices
  /** Whether callers of the app's host bring tokens. */
  readonly appTokens: boolean
  /** Whether web clients and programs of others have a host of their own, without certificates. */
  readonly otherHost: boolean
  /** Whether new stages watch before they refuse. */
  readonly shadowFirst: boolean
}

export type Assessment = {
  readonly verdict: Verdict
  readonly shape: Shape
  /** Above 0 for certificates. What decides leaves it aside. */
  readonly balance: number
  /** What pulled to where the verdict is; the strongest first. */
  readonly reasons: readonly Consideration[]
  /** What pulled the other way. */
  readonly against: readonly Consideration[]
  /** What gave the shape. */
  readonly shaping: readonly Consideration[]
}

/** Another answer to one question, and the verdict that it would lead to. */
export type Flip = {
  readonly question: QuestionName
  readonly answer: string
  readonly verdict: Verdict
  readonly balance: number
}

/** The verdict of a situation, computed from the table alone. */
export function assess(situation: Situation): Assessment {
  const applied = considerations.filter(({ when }) => isMeant(when, situation))
  const decided = applied.some(({ pull }) => 'weight' in pull && pull.weight === 'decides')
  const balance = applied.reduce((sum, { pull }) => sum + signed(pull), 0)
  const hasCertificates = !decided && balance > 0
  const shape = shapeOf(situation, applied, hasCertificates)
  const winner = hasCertificates ? 'certificates' : 'tokens'
  const pulled = applied
    .filter(({ pull }) => 'weight' in pull)
    .toSorted((a, b) => rank(b) - rank(a))
  return {
    verdict: verdictOf(shape),
    shape,
    balance,
    reasons: pulled.filter(({ pull }) => pull.toward === winner),
    against: pulled.filter(({ pull }) => pull.toward !== winner),
    shaping: applied.filter(({ pull }) => !('weight' in pull) && isInShape(pull.toward, shape)),
  }
}

/**
 * The single answers that would change the verdict: what is not known yet first, then what tips the balance
 * by the least.
 */
export function flips(situation: Situation): Flip[] {
  const { verdict } = assess(situation)
  return questionNames
    .flatMap((question) =>
      Object.keys(questions[question].choices).map((answer) => {
        const changed = assess({ ...situation, [question]: answer })
        return { question, answer, verdict: changed.verdict, balance: changed.balance }
      }),
    )
    .filter((flip) => flip.verdict !== verdict)
    .toSorted(
      (a, b) =>
        Number(situation[b.question] === notSure) - Number(situation[a.question] === notSure) ||
        Math.abs(a.balance) - Math.abs(b.balance),
    )
}

function signed(pull: Consideration['pull']): number {
  if (!('weight' in pull)) return 0
  return pull.toward === 'certificates' ? weights[pull.weight] : -weights[pull.weight]
}

function rank({ pull }: Consideration): number {
  if (!('weight' in pull)) return 0
  return pull.weight === 'decides' ? Number.POSITIVE_INFINITY : weights[pull.weight]
}

function shapeOf(
  { users }: Situation,
  applied: readonly Consideration[],
  hasCertificates: boolean,
): Shape {
  const pulls = (toward: Consideration['pull']['toward']): boolean =>
    applied.some(({ pull }) => pull.toward === toward)
  const onSome = pulls('some-routes') && !pulls('all-routes')
  return {
    devices: hasCertificates ? (onSome ? 'some-routes' : 'all-routes') : 'none',
    appTokens: !hasCertificates || users !== 'none',
    otherHost: hasCertificates && pulls('own-host'),
    shadowFirst: pulls('shadow-first') || (hasCertificates && pulls('certificates-in-shadow')),
  }
}

function verdictOf({ devices, appTokens, otherHost }: Shape): Verdict {
  if (devices === 'none') return 'tokens'
  return appTokens || otherHost ? 'both' : 'mutual-tls'
}

function isInShape(toward: Consideration['pull']['toward'], shape: Shape): boolean {
  if (toward === 'own-host') return shape.otherHost
  if (toward === 'shadow-first') return shape.shadowFirst
  if (toward === 'certificates-in-shadow') return shape.devices !== 'none'
  return toward === shape.devices
}
