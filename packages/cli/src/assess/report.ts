import type { Consideration } from './considerations.ts'
import { type Layer, layers } from './layers.ts'
import type { GivenAnswers } from './answers-file.ts'
import { notSure, questionNames, type QuestionName, type Situation } from './questions.ts'
import { startingConfig } from './starting-config.ts'
import { type Assessment, assess, type Flip, flips } from './verdict.ts'

/** Everything that an assessment says. */
export type AssessmentReport = Omit<Assessment, 'reasons' | 'against' | 'shaping'> & {
  readonly headline: string
  readonly reasons: readonly Argument[]
  readonly against: readonly Argument[]
  readonly shaping: readonly Argument[]
  readonly layers: readonly Omit<Layer, 'when'>[]
  /** Single answers that would change the verdict, the nearest first. */
  readonly flips: readonly Flip[]
  readonly notSure: readonly QuestionName[]
  readonly assumed: readonly QuestionName[]
  readonly answers: Situation
  readonly configuration: string
}

export type Argument = Pick<Consideration, 'id' | 'because' | 'page'> & {
  readonly weight: string
  /** The questions whose answers brought it up. */
  readonly about: readonly QuestionName[]
}

/** @param directory where the configuration will stand */
export function makeReport(given: GivenAnswers, directory: string): AssessmentReport {
  const { situation, names, assumed } = given
  const { reasons, against, shaping, ...assessed } = assess(situation)
  const { shape } = assessed
  return {
    ...assessed,
    headline: headlineOf(assessed),
    reasons: reasons.map(argumentOf),
    against: against.map(argumentOf),
    shaping: shaping.map(argumentOf),
    layers: layers
      .filter(({ when }) => when(shape, situation))
      .map(({ id, does, setting, page }) => ({ id, does, setting, page })),
    flips: flips(situation),
    notSure: questionNames.filter((name) => situation[name] === notSure),
    assumed,
    answers: situation,
    configuration: startingConfig(shape, situation, names, directory),
  }
}

function argumentOf({ id, because, page, pull, when }: Consideration): Argument {
  const about = questionNames.filter((name) => when[name] !== undefined)
  return { id, because, page, weight: 'weight' in pull ? pull.weight : 'shapes', about }
}

function headlineOf({ verdict, shape }: Pick<Assessment, 'verdict' | 'shape'>): string {
  if (verdict === 'tokens') {
    return 'Tokens only: bound to a key of the app (DPoP), and no device certificates.'
  }
  if (verdict === 'mutual-tls') return 'Mutual TLS: a certificate for each device, on every route.'
  const app =
    shape.devices === 'some-routes'
      ? 'certificates of devices on the routes that matter'
      : 'certificates of devices on every route of the app'
  const others = shape.otherHost ? '; on a host of their own, tokens for other clients' : ''
  return shape.appTokens ? `Both: ${app}, tokens for users${others}.` : `Both: ${app}${others}.`
}
