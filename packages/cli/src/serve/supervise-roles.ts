import { randomBytes } from 'node:crypto'
import { readConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import type { ExitCode } from '../command.ts'
import { insecureSwitches } from '../configuration/insecure-switches.ts'
import { type KeptChild, keepChild } from '../supervise/kept-child.ts'
import { untilAskedToEnd } from '../supervise/parent-channel.ts'
import { passphraseVariable, roleEnvironment } from '../supervise/role-environment.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'
import type { Output } from '../terminal/output.ts'
import { startRoleChild } from './role-child.ts'
import { type DescribedConfig, type Role, roles } from './roles.ts'

/**
 * Runs each role that the file describes in a process of its own, and keeps them running until this
 * one is asked to end. Each role validates its own part of the file.
 *
 * @throws Problem why a role could not be started the first time; the others are ended by then
 */
export async function superviseRoles(file: string, output: Output): Promise<ExitCode> {
  const { value } = readConfig<Record<string, unknown>>(file, Type.Object({}))
  const config = value as DescribedConfig
  const described = Object.values<Role>(roles).filter((role) => role.isDescribed(config))
  if (described.length === 0) {
    throw new Problem('config_invalid', {
      detail: `${file}: it describes no role that could be run`,
      expected: Object.keys(roles).join(' or '),
    })
  }
  for (const name of insecureSwitches(value)) output.say(`insecure: ${name} is on`)

  const environment = await environmentWithPassphrase(value, output)
  // Of this start: a process of the same user that is neither signer nor authority does not know it.
  const secret = randomBytes(32).toString('base64url')
  const asked = untilAskedToEnd()
  const kept: { role: Role; child: KeptChild }[] = []
  const endAll = async (): Promise<void> => {
    for (const { role, child } of kept.toReversed()) await child.end(role.graceMs(config))
  }
  process.on('SIGHUP', () => {
    for (const { child } of kept) child.current().signal('SIGHUP')
  })
  try {
    for (const role of described) {
      const start = () =>
        startRoleChild(
          role,
          file,
          { stdout: 'inherit', stderr: 'inherit' },
          roleEnvironment(environment, role.variables(config)),
          secret,
        )
      kept.push({ role, child: await keepChild({ start, say: output.say }) })
      output.say(`${role.name}: ready`)
    }
  } catch (error) {
    await endAll()
    throw error
  }
  output.say(`ending (${await asked})`)
  await endAll()
  return 0
}

/** What is read of the file to know whether a person must be asked. */
type Keys = { authority?: { keys?: { passphraseFile?: unknown } } }

/**
 * The environment of the children. Where an authority is to run, and neither file nor environment has its
 * passphrase, the person at the terminal is asked, once: a child has no terminal.
 */
async function environmentWithPassphrase(
  config: unknown,
  output: Output,
): Promise<NodeJS.ProcessEnv> {
  const { authority } = config as Keys
  const isThere =
    authority?.keys?.passphraseFile !== undefined || process.env[passphraseVariable] !== undefined
  if (authority === undefined || isThere || !output.interactive) return process.env
  return { ...process.env, [passphraseVariable]: await askPassphrase() }
}
