import { passphraseVariable } from '../supervise/role-environment.ts'

/** A role as it runs in this process. */
export type RunningRole = {
  /** What the parent is told: addresses by listener. */
  readonly facts: Readonly<Record<string, unknown>>
  close(): Promise<void>
}

export type Role = {
  readonly name: string
  /** Whether a configuration has it run. */
  readonly isDescribed: (config: DescribedConfig) => boolean
  /** Environment variables that it is given beyond those that every role is given. */
  readonly variables: (config: DescribedConfig) => readonly string[]
  /** Whether it is told the secret by which signer and authority know each other. */
  readonly sharesSecret: boolean
  /** Options of Node for its process. */
  readonly nodeOptions: readonly string[]
  /** How long it may take to end in order. */
  readonly graceMs: (config: DescribedConfig) => number
  /** Loaded only in the process that runs it, so that a gateway loads nothing of the authority. */
  readonly load: () => Promise<(file: string) => Promise<RunningRole>>
}

/** What of a configuration, not validated, says which processes it takes. */
export type DescribedConfig = {
  readonly authority?: {
    readonly insecureSingleProcess?: unknown
    readonly unreadySeconds?: unknown
  }
  readonly gateway?: {
    readonly limits?: { readonly unreadySeconds?: unknown; readonly drainSeconds?: unknown }
  }
}

/** Where libraries of tokens look for their configuration. */
const tokenVariables = [
  'SOFTHSM2_CONF',
  'P11_KIT_SERVER_ADDRESS',
  'YUBIHSM_PKCS11_CONF',
  'ChrystokiConfigurationPath',
] as const

/** Of a number of seconds in a file that was not validated. */
const millisecondsOf = (seconds: unknown, fallback: number): number =>
  (typeof seconds === 'number' ? seconds : fallback) * 1_000

const isSingleProcess = ({ authority }: DescribedConfig) =>
  authority?.insecureSingleProcess === true

/**
 * Whose work is that of one thread: garbage is collected by one more. Node's default is four, whatever the machine
 * has, and on two processors these kept each other, and whoever waited for an answer, from running.
 */
const oneThread = ['--v8-pool-size=1'] as const

/** The roles, in the order in which they are started. They end in the opposite order. */
export const roles = {
  signer: {
    name: 'signer',
    isDescribed: (config) => config.authority !== undefined && !isSingleProcess(config),
    variables: () => [passphraseVariable, ...tokenVariables],
    sharesSecret: true,
    nodeOptions: oneThread,
    graceMs: () => 5_000,
    load: async () => (await import('./signer-role.ts')).startSignerRole,
  },
  authority: {
    name: 'authority',
    isDescribed: ({ authority }) => authority !== undefined,
    variables: (config) => (isSingleProcess(config) ? [passphraseVariable, ...tokenVariables] : []),
    sharesSecret: true,
    nodeOptions: oneThread,
    graceMs: ({ authority }) => 15_000 + millisecondsOf(authority?.unreadySeconds, 0),
    load: async () => (await import('./authority-role.ts')).startAuthorityRole,
  },
  gateway: {
    name: 'gateway',
    isDescribed: ({ gateway }) => gateway !== undefined,
    variables: () => [],
    sharesSecret: false,
    nodeOptions: [],
    graceMs: ({ gateway: { limits } = {} }) =>
      10_000 + millisecondsOf(limits?.unreadySeconds, 0) + millisecondsOf(limits?.drainSeconds, 30),
    load: async () => (await import('./gateway-role.ts')).startGatewayRole,
  },
} as const satisfies Readonly<Record<string, Role>>
