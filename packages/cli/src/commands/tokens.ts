import { readConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import { configuredClient } from '../admin/configured-client.ts'
import type { Input, Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { argument, choiceOption, isGiven, parseSpan, textOption } from '../input.ts'

const adminRoles = ['viewer', 'support', 'operator', 'admin'] as const

export const createToken: Operation = async (input, output) => {
  const client = configuredClient(input)
  const lifetime = lifetimeOf(input)
  const label = textOption(input, 'label') ?? ''
  if (isGiven(input, 'admin')) {
    const role = choiceOption(input, 'role', adminRoles) ?? 'viewer'
    const body = { label, role, ...lifetime }
    const made = await client.call('createAdminToken', { body })
    output.result(made, made.token)
    output.say(
      `An admin token of role ${role}, until ${made.adminToken.expiresAt}. Told once: keep it`,
    )
    return 0
  }
  const appId = textOption(input, 'app') ?? onlyApp(input)
  const made = await client.call('createEnrollmentToken', { body: { appId, label, ...lifetime } })
  output.result(made, made.token)
  output.say(
    `For one enrolment of app ${appId}, until ${made.enrollmentToken.expiresAt}. Told once: hand it to the person with the phone`,
  )
  return 0
}

function lifetimeOf(input: Input): { lifetimeSeconds?: number } {
  const span = textOption(input, 'expires')
  return span === undefined ? {} : { lifetimeSeconds: parseSpan(span, 'expires') / 1_000 }
}

/** The app of the configuration file, where it has one only. */
function onlyApp(input: Input): string {
  const schema = Type.Object({ apps: Type.Optional(Type.Object({})) })
  const { value } = readConfig<{ apps?: Record<string, unknown> }>(locateConfig(input), schema)
  const apps = Object.keys(value.apps ?? {})
  const [only] = apps
  if (apps.length === 1 && only !== undefined) return only
  throw new Problem('command_usage', {
    detail: 'Which app is the token for?',
    expected: `--app ${apps.length === 0 ? '<id>' : apps.join(', or --app ')}`,
  })
}

export const listTokens: Operation = async (input, output) => {
  const client = configuredClient(input)
  if (isGiven(input, 'admin')) {
    const { adminTokens } = await client.call('listAdminTokens')
    output.table(adminTokens, { empty: 'There is no admin token' })
    return 0
  }
  const { enrollmentTokens } = await client.call('listEnrollmentTokens')
  output.table(enrollmentTokens, { empty: 'There is no enrolment token' })
  return 0
}

export const revokeToken: Operation = async (input, output) => {
  const client = configuredClient(input)
  const id = argument(input, 0)
  const operation = id.startsWith('adm_') ? 'revokeAdminToken' : 'revokeEnrollmentToken'
  const revoked = await client.call(operation, { path: { id } })
  output.result(revoked, `${id} is revoked`)
  return 0
}
