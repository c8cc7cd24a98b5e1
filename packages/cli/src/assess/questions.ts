// A pure table: what `sallyport assess` asks. Prompts, the answers file, its template and the guide are made of it.

/** One question: the words, the answer that is offered, and all answers. */
export type Question = {
  readonly asks: string
  /** The usual answer: what Enter takes, and what a file that leaves the question out means. */
  readonly initial: string
  readonly choices: Readonly<Record<string, string>>
}

/** Of every question: nothing is concluded from it, and the report says so. */
export const notSure = 'not-sure'

export const questions = {
  audience: {
    asks: 'Whose phones is the app on?',
    initial: 'consumers',
    choices: {
      consumers: 'anybody who installs it from a store',
      customers: 'people of companies that are your customers',
      employees: 'your own people',
    },
  },
  harm: {
    asks: 'What could somebody do with a stolen token or a copied session?',
    initial: 'personal',
    choices: {
      severe: 'move money, read health data, open doors',
      personal: 'read or change what is personal',
      little: 'little that matters',
    },
  },
  clients: {
    asks: 'Who else calls the same API?',
    initial: 'app-only',
    choices: {
      'app-only': 'nobody but the app',
      web: 'a web client of yours as well',
      'third-parties': 'programs that others build as well',
      'web-and-third-parties': 'both of them as well',
    },
  },
  fleet: {
    asks: 'What phones are they?',
    initial: 'mixed',
    choices: {
      current: 'supported iPhones, and Android phones with Google services',
      mixed: 'mostly; some are old, rooted, or without Google services',
      unattestable: 'mostly old, rooted, jailbroken, or without Google services',
    },
  },
  mdm: {
    asks: 'Are they managed (MDM)?',
    initial: 'none',
    choices: { all: 'all of them', some: 'some of them', none: 'none, or not by you' },
  },
  networks: {
    asks: 'Do they use networks whose proxy inspects TLS?',
    initial: 'none',
    choices: {
      none: 'no, or hardly ever',
      some: 'some do: offices of customers, schools',
      most: 'most do, at work',
    },
  },
  edge: {
    asks: 'What ends TLS in front of the API?',
    initial: 'direct',
    choices: {
      direct: 'the gateway can: nothing is before it, or what passes TCP on',
      forwards: 'a proxy or CDN that can pass client certificates on',
      opaque: 'a CDN or proxy that passes none on, and has to stay',
    },
  },
  operations: {
    asks: 'Who would run an authority and a gateway?',
    initial: 'part-time',
    choices: {
      'on-call': 'people who are called when it fails, at night too',
      'part-time': 'people who do other things as well',
      nobody: 'nobody who would notice that it fails',
    },
  },
  users: {
    asks: 'How do people sign in?',
    initial: 'unbound',
    choices: {
      bound: 'with a provider that can bind tokens to a key (DPoP)',
      unbound: 'with a provider that gives plain bearer tokens',
      none: 'they do not',
    },
  },
  installed: {
    asks: 'Are there versions in the field that must go on working?',
    initial: 'yes',
    choices: { yes: 'yes', no: 'no: it is new, or everybody updates at once' },
  },
} as const satisfies Record<string, Question>

export type QuestionName = keyof typeof questions
export type AnswerOf<Q extends QuestionName> =
  | (keyof (typeof questions)[Q]['choices'] & string)
  | typeof notSure
/** An answer to each question. */
export type Situation = { readonly [Q in QuestionName]: AnswerOf<Q> }

// The keys of the table, as TypeScript does not say of Object.keys.
export const questionNames = Object.keys(questions) as QuestionName[]

/** The answers of a question, `not-sure` last. */
export function answersTo(name: QuestionName): string[] {
  return [...Object.keys(questions[name].choices), notSure]
}

/** Whether a situation is one of those that are meant: of every question named, one of the answers. */
export type When = { readonly [Q in QuestionName]?: readonly AnswerOf<Q>[] }

export function isMeant(when: When, situation: Situation): boolean {
  return questionNames.every((name) => {
    const answers: readonly string[] | undefined = when[name]
    return answers === undefined || answers.includes(situation[name])
  })
}
