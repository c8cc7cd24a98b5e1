import { passphraseVariable } from '../supervise/role-environment.ts'

/** A role as it runs in this process. */
export type RunningRole = {
  /** What the parent is told: addresses by listener. */
  readonly facts: Readonly<Record<string, unknown>>
  close(): Promise<void>
}

export type Role = {
  readonly name: string
  /** Environment variables that it is given beyond those that every role is given. */
  readonly variables: readonly string[]
  /** How long it may take to end in order. */
  readonly graceMs: number
  /** Loaded only in the process that runs it, so that a gateway loads nothing of the authority. */
  readonly load: () => Promise<(file: string) => Promise<RunningRole>>
}

/** The roles, in the order in which they are started. They end in the opposite order. */
export const roles: Readonly<Record<string, Role>> = {
  authority: {
    name: 'authority',
    variables: [passphraseVariable],
    graceMs: 15_000,
    load: async () => (await import('./authority-role.ts')).startAuthorityRole,
  },
  gateway: {
    name: 'gateway',
    variables: [],
    graceMs: 40_000,
    load: async () => (await import('./gateway-role.ts')).startGatewayRole,
  },
}
